/**
 * What to calibrate with: some rows, drawn by a seed, and what users asked lately. A row is left
 * out of its own answer.
 */

import { counts } from '../../row-mask.js'
import type { SegmentedRows } from '../row-lists.js'

/** Queries of users count from this many different ones on. */
const USER_QUERIES_MIN = 64

/**
 * A query.
 *
 * @internal
 */
export interface CalibrationQuery {
  /** One packed row. */
  readonly vector: Uint8Array
  /** The row that it is; -1 for a query of a user. */
  readonly row: number
}

/**
 * Rows that count, all different, drawn by a seed.
 *
 * @param draw - `countMax`: how many at most
 * @internal
 */
export function drawRows(
  rows: SegmentedRows,
  stride: number,
  draw: { readonly seed: number; readonly countMax: number },
): CalibrationQuery[] {
  const { firstRow, rowCount } = rows
  const drawn = new Set<number>()
  for (let i = 0; i < draw.countMax; i++) {
    const share = mix(mix(draw.seed) + i) / 2 ** 32
    const start = firstRow + Math.floor(share * (rowCount - firstRow))
    const row = nextRow(rows, start) ?? nextRow(rows, firstRow)
    if (row === undefined) break
    drawn.add(row)
  }
  return Array.from(drawn, (row) => {
    const at = (row % rows.rowsPerSegment) * stride
    const segment = rows.segments[Math.floor(row / rows.rowsPerSegment)]!
    return { vector: segment.subarray(at, at + stride), row }
  })
}

/**
 * The last of the queries of users, all different; none when there are few.
 *
 * @param queries - packed rows
 * @internal
 */
export function lastQueries(
  queries: Uint8Array,
  stride: number,
  countMax: number,
): CalibrationQuery[] {
  const different = new Map<string, CalibrationQuery>()
  for (let at = queries.length - stride; at >= 0 && different.size < countMax; at -= stride) {
    const vector = queries.subarray(at, at + stride)
    different.set(Buffer.from(vector).toString('latin1'), { vector, row: -1 })
  }
  return different.size < USER_QUERIES_MIN ? [] : [...different.values()]
}

/** The first row from `from` on that counts. */
function nextRow(rows: SegmentedRows, from: number): number | undefined {
  const { segments, rowsPerSegment, firstRow, rowCount, mask } = rows
  for (let row = from; row < rowCount; row++) {
    const segment = Math.floor(row / rowsPerSegment)
    if (segments[segment] === undefined) {
      row = (segment + 1) * rowsPerSegment - 1
    } else if (counts(rows, row)) {
      return row
    } else if (mask?.[(row - firstRow) >>> 5] === 0) {
      row |= 31
    }
  }
  return undefined
}

/** The finalizer of MurmurHash3 (Appleby, public domain). */
function mix(word: number): number {
  let hash = word >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
