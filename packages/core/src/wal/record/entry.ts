/**
 * What a log record says, in columns: no object per row. An entry is checked by the same rules when
 * it is written and when it is read back, so that what a decoder returns could have been encoded.
 */

import type { AssignedIdBatch, IdBatch } from '../../id-batch.js'
import { LIMITS } from '../../limits.js'
import { type PackedBytes, packedProblem } from '../../packed-bytes.js'
import type { RetentionSchema, StoredSchema } from '../../schema.js'
import { retentionProblem, schemaProblem } from './stored-schema.js'

/**
 * A collection came into being.
 *
 * @internal
 */
export interface CreateEntry {
  readonly kind: 'create'
  readonly collectionId: number
  readonly name: string
  readonly schema: StoredSchema
}

/**
 * A collection and all its rows are gone.
 *
 * @internal
 */
export interface DropEntry {
  readonly kind: 'drop'
  readonly collectionId: number
}

/**
 * Rows `rowBase` to `rowBase + rowCount - 1` exist and carry these ids.
 *
 * @internal
 */
export interface RowsEntry {
  readonly kind: 'rows'
  readonly collectionId: number
  readonly rowBase: number
  readonly rowCount: number
  /** crc32c of the packed bytes of the rows, wherever they are stored. */
  readonly rowsCrc: number
  /** One id per row. */
  readonly ids: IdBatch
  /** One item per row; an empty item means no metadata. */
  readonly metadata?: PackedBytes | undefined
  /** The packed rows, when they travel inside the record. */
  readonly payload?: Uint8Array
  /** When they were written, in seconds since 1970; where the collection has a retention. */
  readonly writtenSeconds?: number | undefined
}

/**
 * The rows of these ids are dead. Ids that a collection assigned come as u64.
 *
 * @internal
 */
export interface DeleteEntry {
  readonly kind: 'delete'
  readonly collectionId: number
  readonly ids: Exclude<IdBatch, AssignedIdBatch>
}

/**
 * All rows below `toRow` are dead.
 *
 * @internal
 */
export interface EvictEntry {
  readonly kind: 'evict'
  readonly collectionId: number
  readonly toRow: number
}

/**
 * A collection keeps its rows by other bounds, or for ever.
 *
 * @internal
 */
export interface RetainEntry {
  readonly kind: 'retain'
  readonly collectionId: number
  /** Undefined: for ever. */
  readonly retention?: RetentionSchema | undefined
  /** Rows of which nobody knows when they were written count as written then. */
  readonly writtenSeconds: number
}

/**
 * The content of one record.
 *
 * @internal
 */
export type LogEntry = CreateEntry | DropEntry | RowsEntry | DeleteEntry | EvictEntry | RetainEntry

/**
 * All kinds of entry; a kind's stable code is its place here plus one.
 *
 * @internal
 */
export const ENTRY_KINDS: readonly LogEntry['kind'][] = [
  'create',
  'drop',
  'rows',
  'delete',
  'evict',
  'retain',
]

const U32_MAX = 0xffff_ffff
const NAME_BYTES_MAX = 4 * LIMITS.nameLengthMax

/**
 * The first rule that an entry breaks, in words; undefined for a good one.
 *
 * @internal
 */
export function entryProblem(entry: LogEntry): string | undefined {
  if (!isCount(entry.collectionId, U32_MAX)) return 'the collection id is not a u32'
  switch (entry.kind) {
    case 'create':
      return nameProblem(entry.name) ?? schemaProblem(entry.schema)
    case 'drop':
      return undefined
    case 'rows':
      return rowsProblem(entry)
    case 'delete':
      if (entry.ids.count === 0) return 'a delete names no ids'
      return idsProblem(entry.ids)
    case 'evict':
      if (isCount(entry.toRow, LIMITS.rowsPerCollectionMax) && entry.toRow > 0) return undefined
      return `rows below ${entry.toRow} cannot be evicted`
    case 'retain':
      return secondsProblem(entry.writtenSeconds) ?? retentionProblem(entry.retention)
  }
}

function rowsProblem(entry: RowsEntry): string | undefined {
  const { rowBase, rowCount, rowsCrc, ids, metadata, payload } = entry
  if (!isCount(rowCount, LIMITS.rowsPerBatchMax) || rowCount === 0) {
    return `the row count is ${rowCount}, not 1 to ${LIMITS.rowsPerBatchMax}`
  }
  if (!isCount(rowBase, LIMITS.rowsPerCollectionMax - rowCount)) {
    return `row base ${rowBase} with ${rowCount} rows is out of range`
  }
  if (!isCount(rowsCrc, U32_MAX)) return 'the crc of the rows is not a u32'
  const time = secondsProblem(entry.writtenSeconds)
  if (time !== undefined) return time
  if (ids.count !== rowCount) return `there are ${ids.count} ids for ${rowCount} rows`
  if (payload !== undefined && (payload.length === 0 || payload.length % rowCount !== 0)) {
    return `a payload of ${payload.length} bytes does not hold ${rowCount} rows`
  }
  if (metadata === undefined) return idsProblem(ids)
  return idsProblem(ids) ?? packedProblem(metadata, rowCount)
}

function idsProblem(ids: IdBatch): string | undefined {
  if (!isCount(ids.count, LIMITS.rowsPerBatchMax)) return `${ids.count} ids are too many`
  switch (ids.kind) {
    case 'u64':
      if (ids.words.length === 2 * ids.count) return undefined
      return `${ids.words.length} words do not hold ${ids.count} u64 ids`
    case 'string':
      return packedProblem(ids, ids.count)
    case 'assigned':
      if (isCount(ids.first, Number.MAX_SAFE_INTEGER - ids.count)) return undefined
      return `the first assigned id ${ids.first} is out of range`
  }
}

function secondsProblem(seconds = 0): string | undefined {
  return isCount(seconds, U32_MAX) ? undefined : `the time of writing, ${seconds} s, is not a u32`
}

function nameProblem(name: string): string | undefined {
  if (typeof name !== 'string' || name.length === 0) return 'the collection name is missing'
  const byteLength = Buffer.byteLength(name)
  return byteLength > NAME_BYTES_MAX ? `the name has ${byteLength} bytes` : undefined
}

function isCount(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max
}
