/**
 * What every checkpoint keeps to. The same rules hold for what is read, where a breach is damage,
 * and for what is about to be written, where it is a mistake of ours that must not reach the disk:
 * the log is cut behind a checkpoint, so one that cannot be read back loses data.
 */

import { checkName } from '../../checks.js'
import { strideOf } from '../../dtype.js'
import { SluiceError } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import { rowsPerSegmentOf } from '../../segment/segment-layout.js'
import { LSN_MAX } from '../../wal/record/header.js'
import { schemaProblem } from '../../wal/record/stored-schema.js'
import type { Checkpoint, CheckpointedCollection, CheckpointedSegment } from './checkpoint.js'
import { CHECKPOINT_NUMBER_MAX } from './checkpoint-name.js'

const U32_MAX = 0xffff_ffff

/**
 * What a checkpoint says of the database as a whole.
 *
 * @internal
 */
export interface CheckpointHead extends Omit<Checkpoint, 'collections'> {
  readonly collectionCount: number
}

/** What is said of the rows of a collection. */
type RowsPart = 'segments' | 'times' | 'aliveWords'

/**
 * What a checkpoint says of a collection, apart from its segments and rows.
 *
 * @internal
 */
export interface CollectionHead extends Omit<CheckpointedCollection, RowsPart> {
  readonly segmentCount: number
}

/**
 * The first rule that a head breaks, in words.
 *
 * @internal
 */
export function headProblem(head: CheckpointHead): string | undefined {
  const { number, lsn, epoch, nextCollectionId, collectionCount } = head
  if (!isInteger(number, 1, CHECKPOINT_NUMBER_MAX)) return `number ${number} is out of range`
  if (lsn < 0n || lsn > LSN_MAX) return `LSN ${lsn} is out of range`
  if (!isInteger(epoch, 0, U32_MAX)) return `epoch ${epoch} is out of range`
  if (!isInteger(nextCollectionId, 0, U32_MAX)) {
    return `next collection id ${nextCollectionId} is out of range`
  }
  if (!isInteger(collectionCount, 0, LIMITS.collectionsMax)) {
    return `${collectionCount} collections are more than ${LIMITS.collectionsMax}`
  }
  return undefined
}

/**
 * Holds the collections of one checkpoint to the rules.
 *
 * @internal
 */
export class CollectionRules {
  readonly #nextCollectionId: number
  readonly #ids = new Set<number>()
  readonly #names = new Set<string>()

  /** @param nextCollectionId - above every id */
  constructor(nextCollectionId: number) {
    this.#nextCollectionId = nextCollectionId
  }

  /** The first rule that the next collection breaks, in words. */
  problemOf(head: CollectionHead): string | undefined {
    const { id, name } = head
    if (!isInteger(id, 0, this.#nextCollectionId - 1)) return `collection id ${id} is out of range`
    if (this.#ids.has(id)) return `collection id ${id} is there twice`
    const problem = nameProblem(name) ?? schemaProblem(head.schema) ?? countsProblem(head)
    if (problem !== undefined) return problem
    if (this.#names.has(name)) return `collection name "${name}" is there twice`
    this.#ids.add(id)
    this.#names.add(name)
    return undefined
  }
}

/**
 * Rows of a segment, by a schema without a problem of its own.
 *
 * @returns 0 where a segment is too small for the rows
 * @internal
 */
export function rowsPerSegmentIn({ schema }: Pick<CollectionHead, 'schema'>): number {
  try {
    return rowsPerSegmentOf(schema.segmentBytes, strideOf(schema.dtype, schema.dimension))
  } catch (error) {
    if (error instanceof SluiceError) return 0
    throw error
  }
}

/**
 * The first rule that a segment breaks, in words.
 *
 * @param place - which one it is, and what its collection allows
 * @internal
 */
export function segmentProblem(
  segment: CheckpointedSegment,
  place: {
    readonly index: number
    readonly visibleRows: number
    readonly rowsPerSegment: number
  },
): string | undefined {
  const { index, visibleRows, rowsPerSegment } = place
  const { freed, rowCount, rowsCrc, columnBytes, writtenSeconds } = segment
  const expected = Math.min(rowsPerSegment, visibleRows - index * rowsPerSegment)
  if (rowCount !== expected) return `segment ${index} has ${rowCount} rows instead of ${expected}`
  const isLast = (index + 1) * rowsPerSegment >= visibleRows
  if (freed && isLast) return `segment ${index} is freed, and the last one`
  if (!isInteger(rowsCrc, 0, U32_MAX)) return `segment ${index} has checksum ${rowsCrc}`
  if (!isInteger(writtenSeconds, 0, U32_MAX)) {
    return `segment ${index} was written at ${writtenSeconds} s`
  }
  if (isInteger(columnBytes, 0, Number.MAX_SAFE_INTEGER)) return undefined
  return `segment ${index} has ${columnBytes} bytes of columns`
}

/**
 * The first rule that the alive bits of a segment break, in words.
 *
 * @internal
 */
export function aliveProblem(words: Uint32Array, rowCount: number): string | undefined {
  if (words.length !== aliveWordCount(rowCount)) {
    return `${words.length} words of alive bits are wrong for ${rowCount} rows`
  }
  const last = words.at(-1) ?? 0
  const isClean = (last & ~lastWordMask(rowCount)) === 0
  return isClean ? undefined : 'a row that does not exist is alive'
}

/**
 * The first rule that the times of rows break, in words.
 *
 * @internal
 */
export function timesProblem(times: Uint32Array, visibleRows: number): string | undefined {
  let row = 0
  let seconds = 0
  for (let i = 0; i + 1 < times.length; i += 2) {
    const [toRow = 0, written = 0] = times.subarray(i, i + 2)
    if (toRow <= row || toRow >= visibleRows) return `row ${toRow} has a time after row ${row}`
    if (written < seconds) return `rows below ${toRow} were written before those below ${row}`
    row = toRow
    seconds = written
  }
  return times.length % 2 === 0 ? undefined : 'a row has no time'
}

/**
 * Words that hold the alive bits of so many rows.
 *
 * @internal
 */
export function aliveWordCount(rowCount: number): number {
  return Math.ceil(rowCount / 32)
}

/**
 * The bits of the last word that stand for rows.
 *
 * @param rowCount - at least 1
 * @internal
 */
export function lastWordMask(rowCount: number): number {
  return 0xffff_ffff >>> (31 - ((rowCount - 1) & 31))
}

function nameProblem(name: string): string | undefined {
  try {
    checkName(name)
    return undefined
  } catch (error) {
    if (error instanceof SluiceError) return error.message
    throw error
  }
}

function countsProblem(head: CollectionHead): string | undefined {
  const { idKind, nextId, visibleRows, segmentCount } = head
  const rowsPerSegment = rowsPerSegmentIn(head)
  if (rowsPerSegment === 0) return 'its segments are too small for its rows'
  if (!isInteger(visibleRows, 0, LIMITS.rowsPerCollectionMax)) {
    return `${visibleRows} rows are out of range`
  }
  if (!isInteger(nextId, 0, Number.MAX_SAFE_INTEGER)) return `next id ${nextId} is out of range`
  if (idKind === 'assigned' && nextId === 0) return 'it assigns ids, but there is no next one'
  if (idKind !== 'assigned' && nextId !== 0) return `it assigns no ids, but the next is ${nextId}`
  if (idKind === undefined && visibleRows !== 0) return `${visibleRows} rows have no kind of id`
  if (segmentCount === Math.ceil(visibleRows / rowsPerSegment)) return undefined
  return `${segmentCount} segments are wrong for ${visibleRows} rows`
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}
