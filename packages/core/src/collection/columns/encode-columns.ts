/**
 * The ids and metadata of visible rows as frames for a column file. They do not change any more, so
 * that frames may be made one by one while later rows are written.
 */

import { InternalError } from '../../errors.js'
import type { PackedBytes } from '../../packed-bytes.js'
import type { ColumnFrame } from '../../segment/column-frame.js'
import { COLUMN_BYTES_MAX, type IdColumn, PACKED_ROWS_MAX } from '../ids/id-column.js'
import type { IdIndex } from '../ids/id-index.js'
import type { RowBytes } from '../rows/row-bytes.js'
import { encodeIdRuns } from './id-runs-column.js'
import { encodePacked } from './packed-column.js'

/**
 * Where ids and metadata come from.
 *
 * @internal
 */
export interface ColumnSource {
  /** Undefined only while there are no rows. */
  readonly ids: IdIndex | undefined
  readonly metadata: RowBytes
}

/**
 * Frames of rows `fromRow` to `toRow - 1`: their ids, then their metadata, each in row order. Every
 * row is in one frame of ids, whether it is alive or not; frames of metadata leave out what they
 * can of rows without any. A frame takes about a millisecond to make; its body has at most about
 * 1 MiB, unless one item alone is larger.
 *
 * @param fromRow - a visible row
 * @param toRow - after the last one, in the same segment
 * @internal
 */
export function* encodeColumns(
  source: ColumnSource,
  fromRow: number,
  toRow: number,
): Generator<ColumnFrame, void, undefined> {
  if (fromRow >= toRow) return
  if (!source.ids) throw new InternalError(`rows ${fromRow} to ${toRow - 1} have no ids`)
  yield* encodeIds(source.ids, fromRow, toRow)
  yield* encodeMetadata(source.metadata, fromRow, toRow)
}

function* encodeIds(ids: IdIndex, fromRow: number, toRow: number): Generator<ColumnFrame> {
  for (let rowBase = fromRow; rowBase < toRow; ) {
    const column = ids.readIds(rowBase, toRow)
    yield { ...bodyOf(column), rowBase, rowCount: column.count }
    rowBase += column.count
  }
}

function bodyOf(column: IdColumn): Pick<ColumnFrame, 'kind' | 'body'> {
  switch (column.kind) {
    case 'u64': {
      const { words } = column
      const body = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
      return { kind: 'u64 ids', body }
    }
    case 'string':
      return { kind: 'string ids', body: encodePacked(column) }
    case 'runs':
      return { kind: 'assigned ids', body: encodeIdRuns(column) }
  }
}

function* encodeMetadata(
  metadata: RowBytes,
  fromRow: number,
  toRow: number,
): Generator<ColumnFrame> {
  let rowBase = metadata.nextSet(fromRow, toRow)
  while (rowBase < toRow) {
    const end = Math.min(toRow, rowBase + PACKED_ROWS_MAX)
    const packed = metadata.pack(rowBase, end, COLUMN_BYTES_MAX)
    const { bytes, ends } = withoutEmptyTail(packed)
    const rowCount = ends.length
    yield { kind: 'metadata', rowBase, rowCount, body: encodePacked({ bytes, ends }) }
    rowBase = metadata.nextSet(rowBase + packed.ends.length, toRow)
  }
}

/** Leaves out the empty items behind the last one that is not. */
function withoutEmptyTail({ bytes, ends }: PackedBytes): PackedBytes {
  let count = ends.length
  while (count > 1 && ends[count - 2] === bytes.length) count -= 1
  return { bytes, ends: ends.subarray(0, count) }
}
