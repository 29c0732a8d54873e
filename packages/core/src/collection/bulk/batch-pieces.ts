/** Batches cut into pieces of a size that suits the disk. */

import { type PackedBytes, packedStart } from '../../packed-bytes.js'
import type { CheckedBatch } from '../input/checked-batch.js'

/**
 * How large a piece may be.
 *
 * @internal
 */
export interface PieceLimits {
  /** Large enough to amortise a sync, small enough to overlap. */
  readonly batchBytesMax: number
  readonly batchRowsMax: number
}

/**
 * Cuts a batch into pieces; ids and metadata do not count.
 *
 * @param stride - bytes of a row
 * @internal
 */
export function* piecesOf(
  batch: CheckedBatch,
  stride: number,
  { batchBytesMax, batchRowsMax }: PieceLimits,
): Generator<CheckedBatch> {
  const { rowCount } = batch
  const pieceRowsMax = Math.max(1, Math.min(batchRowsMax, Math.floor(batchBytesMax / stride)))
  if (rowCount <= pieceRowsMax) {
    if (rowCount > 0) yield batch
    return
  }
  // Of about one size: a last piece of a few rows would cost as much as a whole one.
  const pieceRows = Math.ceil(rowCount / Math.ceil(rowCount / pieceRowsMax))
  for (let from = 0; from < rowCount; from += pieceRows) {
    yield sliceBatch(batch, from, Math.min(rowCount, from + pieceRows))
  }
}

/**
 * Rows `from` to `to - 1` of a batch, as a batch of their own.
 *
 * @internal
 */
export function sliceBatch(batch: CheckedBatch, from: number, to: number): CheckedBatch {
  const stride = batch.source.byteLength / batch.rowCount
  return {
    rowCount: to - from,
    source: batch.source.subarray(from * stride, to * stride),
    ids: sliceIds(batch.ids, from, to),
    metadata: batch.metadata && slicePacked(batch.metadata, from, to),
  }
}

function sliceIds(ids: CheckedBatch['ids'], from: number, to: number): CheckedBatch['ids'] {
  if (!ids) return undefined
  const count = to - from
  if (ids.kind === 'string') return { kind: 'string', count, ...slicePacked(ids, from, to) }
  return { kind: 'u64', count, words: ids.words.subarray(2 * from, 2 * to) }
}

function slicePacked(packed: PackedBytes, from: number, to: number): PackedBytes {
  const start = packedStart(packed, from)
  const ends = packed.ends.slice(from, to)
  for (let i = 0; i < ends.length; i++) ends[i] = (ends[i] ?? 0) - start
  return { bytes: packed.bytes.subarray(start, packedStart(packed, to)), ends }
}
