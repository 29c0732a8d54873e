/** The codes of the tail as they are at one time. */

import type { CodeChunk, CodeChunks } from './code-chunks.js'

/**
 * The rows that the tail has codes of, where there is a chunk.
 *
 * @internal
 */
export interface TailRange {
  readonly firstRow: number
  /** The row after the last one. */
  readonly toRow: number
  readonly rowsPerSegment: number
}

/**
 * The codes of a segment that are there: of its rows from `from` to `to`, multiples of 32.
 *
 * @internal
 */
export interface TailCodes {
  readonly chunk: CodeChunk
  readonly from: number
  readonly to: number
}

/**
 * All codes that there were at one time.
 *
 * @internal
 */
export interface TailView {
  /** By segment. */
  readonly codes: readonly (TailCodes | undefined)[]
  /** Lets the memory of the codes go; to be called once. */
  readonly end: () => void
}

/**
 * The codes of all rows of a range, in memory that stays until the view is ended.
 *
 * @internal
 */
export function viewTail(chunks: CodeChunks, range: TailRange): TailView {
  const codes: (TailCodes | undefined)[] = []
  const ends: (() => void)[] = []
  const first = Math.floor(range.firstRow / range.rowsPerSegment)
  for (let segment = first; segment <= chunks.last; segment++) {
    const there = tailCodesOf(chunks, segment, range)
    if (there === undefined) continue
    codes[segment] = there
    ends.push(there.chunk.enter())
  }
  return {
    codes,
    end: () => {
      for (const end of ends) end()
    },
  }
}

/**
 * The codes of a segment; undefined where there are none.
 *
 * @internal
 */
export function tailCodesOf(
  chunks: CodeChunks,
  segment: number,
  range: TailRange,
): TailCodes | undefined {
  const chunk = chunks.get(segment)
  const [from, to] = rangeIn(segment, range)
  return chunk !== undefined && from < to ? { chunk, from, to } : undefined
}

/**
 * The rows of a segment that are in a range, counted from its first.
 *
 * @internal
 */
export function rangeIn(segment: number, range: TailRange): [from: number, to: number] {
  const { firstRow, toRow, rowsPerSegment } = range
  const inSegment = (row: number): number =>
    Math.max(0, Math.min(rowsPerSegment, row - segment * rowsPerSegment))
  return [inSegment(firstRow), inSegment(toRow)]
}
