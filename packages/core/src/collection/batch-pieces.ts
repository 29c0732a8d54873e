/** Batches cut into pieces of a size that suits the disk. */

import { type PackedBytes, packedStart } from '../packed-bytes.js'
import type { CheckedBatch } from './row-write.js'

/** Row bytes of one piece: large enough to amortise a sync, small enough to overlap. */
const PIECE_BYTES = 4 * 1024 * 1024

/**
 * Cuts a batch into pieces of about 4 MiB of rows.
 *
 * @internal
 */
export function* piecesOf(batch: CheckedBatch): Generator<CheckedBatch> {
  const stride = batch.source.byteLength / batch.rowCount
  const pieceRows = Math.max(1, Math.floor(PIECE_BYTES / stride))
  if (batch.rowCount <= pieceRows) {
    if (batch.rowCount > 0) yield batch
    return
  }
  for (let from = 0; from < batch.rowCount; from += pieceRows) {
    const to = Math.min(batch.rowCount, from + pieceRows)
    yield {
      rowCount: to - from,
      source: batch.source.subarray(from * stride, to * stride),
      ids: sliceIds(batch.ids, from, to),
      metadata: batch.metadata && slicePacked(batch.metadata, from, to),
    }
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
