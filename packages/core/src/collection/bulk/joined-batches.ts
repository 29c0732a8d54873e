/**
 * Small batches laid end to end, so that they can be written as one. Rows are copied when they
 * come, because their array is the caller's; ids and metadata are the batch's own already.
 */

import type { BufferLease, BufferPool } from '@sluice/pool'
import type { PackedBytes } from '../../packed-bytes.js'
import { idBytesOf, packedLength } from '../input/batch-size.js'
import type { CheckedBatch } from '../input/checked-batch.js'
import { type PieceLimits, sliceBatch } from './batch-pieces.js'

/** A batch is small when so many of them fit: a larger one is worth more than a copy of it. */
const SMALL_SHARE = 4
/** Room for rows is taken as they come, and doubled. */
const ROOM_BYTES_MIN = 64 * 1024

/**
 * What joined batches need.
 *
 * @internal
 */
export interface JoinedBatchesOptions {
  /** Bytes of a row. */
  readonly stride: number
  readonly limits: PieceLimits
  readonly buffers: BufferPool
}

/** A batch whose rows were copied. */
type CopiedBatch = Omit<CheckedBatch, 'source'>

/**
 * Consecutive batches with ids of one kind.
 *
 * @internal
 */
export class JoinedBatches {
  readonly #options: JoinedBatchesOptions
  #lease: BufferLease | undefined
  readonly #batches: CopiedBatch[] = []
  #rowCount = 0
  /** Of rows, ids and metadata. */
  #byteLength = 0

  constructor(options: JoinedBatchesOptions) {
    this.#options = options
  }

  /** How many batches there are. */
  get batchCount(): number {
    return this.#batches.length
  }

  /** Whether a batch is small enough to be joined with others at all. */
  suits(batch: CheckedBatch): boolean {
    const { limits, stride } = this.#options
    const { rowCount, source } = batch
    if (rowCount >= limits.batchRowsMax) return false
    // What a caller has taken back or made smaller meanwhile is for the write to refuse.
    if (source.byteLength !== rowCount * stride) return false
    return SMALL_SHARE * byteLengthOf(batch) < limits.batchBytesMax
  }

  /** Whether a batch that suits can follow those that are there. */
  hasRoomFor(batch: CheckedBatch): boolean {
    const { limits } = this.#options
    const [first] = this.#batches
    if (first === undefined) return true
    return (
      first.ids?.kind === batch.ids?.kind &&
      this.#rowCount + batch.rowCount <= limits.batchRowsMax &&
      this.#byteLength + byteLengthOf(batch) <= limits.batchBytesMax
    )
  }

  /** Adds a batch for which there is room. */
  add(batch: CheckedBatch): void {
    const at = this.#rowCount * this.#options.stride
    this.#roomFor(at + batch.source.byteLength).set(batch.source, at)
    const { rowCount, ids, metadata } = batch
    this.#batches.push({ rowCount, ids, metadata })
    this.#rowCount += rowCount
    this.#byteLength += byteLengthOf(batch)
  }

  /** All batches as one; its rows are overwritten after `clear`. */
  whole(): CheckedBatch {
    const rowCount = this.#rowCount
    const rowBytes = rowCount * this.#options.stride
    const source = (this.#lease?.bytes ?? new Uint8Array(0)).subarray(0, rowBytes)
    const batches = this.#batches
    return { rowCount, source, ids: joinIds(batches), metadata: joinMetadata(batches) }
  }

  /** The batches, as they came. */
  *each(): Generator<CheckedBatch> {
    const whole = this.whole()
    let from = 0
    for (const { rowCount } of this.#batches) {
      yield sliceBatch(whole, from, from + rowCount)
      from += rowCount
    }
  }

  /** Forgets all batches. */
  clear(): void {
    this.#batches.length = 0
    this.#rowCount = 0
    this.#byteLength = 0
  }

  /** Gives the memory back. */
  release(): void {
    this.#lease?.release()
    this.#lease = undefined
  }

  #roomFor(byteLength: number): Uint8Array {
    const lease = this.#lease
    if (lease && lease.bytes.byteLength >= byteLength) return lease.bytes
    let room = ROOM_BYTES_MIN
    while (room < byteLength) room *= 2
    const larger = this.#options.buffers.lease(room)
    if (lease) larger.bytes.set(lease.bytes)
    lease?.release()
    this.#lease = larger
    return larger.bytes
  }
}

function byteLengthOf({ source, ids, metadata }: CheckedBatch): number {
  return source.byteLength + idBytesOf(ids) + packedLength(metadata)
}

function joinIds(batches: readonly CopiedBatch[]): CheckedBatch['ids'] {
  const kind = batches[0]?.ids?.kind
  if (kind === undefined || batches.length === 1) return batches[0]?.ids
  const count = batches.reduce((sum, { rowCount }) => sum + rowCount, 0)
  if (kind === 'string') {
    const packed = batches.map(({ ids }) => (ids?.kind === 'string' ? ids : undefined))
    return { kind, count, ...joinPacked(batches, packed) }
  }
  const words = new Uint32Array(2 * count)
  let at = 0
  for (const { ids } of batches) {
    if (ids?.kind !== 'u64') continue
    words.set(ids.words, at)
    at += ids.words.length
  }
  return { kind, count, words }
}

function joinMetadata(batches: readonly CopiedBatch[]): PackedBytes | undefined {
  if (batches.every(({ metadata }) => metadata === undefined)) return undefined
  if (batches.length === 1) return batches[0]?.metadata
  const packed = batches.map(({ metadata }) => metadata)
  return joinPacked(batches, packed)
}

/** Lays byte strings end to end; the rows of a batch without any get empty ones. */
function joinPacked(
  batches: readonly CopiedBatch[],
  packed: readonly (PackedBytes | undefined)[],
): PackedBytes {
  const count = batches.reduce((sum, { rowCount }) => sum + rowCount, 0)
  const byteLength = packed.reduce((sum, items) => sum + (items?.bytes.byteLength ?? 0), 0)
  const bytes = new Uint8Array(byteLength)
  const ends = new Uint32Array(count)
  let row = 0
  let end = 0
  for (const [index, { rowCount }] of batches.entries()) {
    const items = packed[index]
    if (items) bytes.set(items.bytes, end)
    for (let i = 0; i < rowCount; i++) ends[row + i] = end + (items?.ends[i] ?? 0)
    row += rowCount
    end += items?.bytes.byteLength ?? 0
  }
  return { bytes, ends }
}
