/** Rows that travel inside a log record: their bytes, gathered from the segments they lie in. */

import type { CommitRows } from './commit.js'

/**
 * Bytes of the rows of a commit.
 *
 * @internal
 */
export function rowBytesOf(rows: CommitRows | undefined): number {
  return rows ? rows.rowCount * rows.store.stride : 0
}

/**
 * The packed rows of a commit: a view where they lie together, else a copy.
 *
 * @internal
 */
export function gatherRows(rows: CommitRows): Uint8Array {
  const { store, rowBase, rowCount } = rows
  const { stride, rowsPerSegment } = store
  const index = Math.floor(rowBase / rowsPerSegment)
  const from = rowBase - index * rowsPerSegment
  if (from + rowCount <= rowsPerSegment) {
    return store.segment(index).bytes.subarray(from * stride, (from + rowCount) * stride)
  }
  const out = new Uint8Array(rowCount * stride)
  store.read(
    Uint32Array.from({ length: rowCount }, (_, i) => rowBase + i),
    out,
  )
  return out
}
