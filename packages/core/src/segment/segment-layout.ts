/**
 * Where rows lie in the image of a segment: a header page, then packed rows. Arithmetic alone; the
 * same for the slab in memory and the file on disk.
 */

import { InvalidArgumentError } from '../errors.js'
import { LIMITS } from '../limits.js'

const { pageBytes } = LIMITS

/** Search kernels work on blocks of 32 rows, and none may straddle two segments. */
const ROWS_PER_BLOCK = 32

/**
 * The largest multiple of a page that is not above `byte`.
 *
 * @internal
 */
export function pageFloor(byte: number): number {
  return byte - (byte % pageBytes)
}

/**
 * The smallest multiple of a page that is not below `byte`.
 *
 * @internal
 */
export function pageCeil(byte: number): number {
  return pageFloor(byte + pageBytes - 1)
}

/**
 * How many rows a segment holds: what fits behind the header page, in whole blocks of 32.
 *
 * @param segmentBytes - bytes of a segment file, a multiple of the page size (4096)
 * @param stride - bytes of a row
 * @throws InvalidArgumentError SLUICE_INVALID_ARGUMENT where not even 32 rows fit
 * @internal
 */
export function rowsPerSegmentOf(segmentBytes: number, stride: number): number {
  if (!Number.isInteger(stride) || stride < 1) {
    throw new InvalidArgumentError(
      'SLUICE_INVALID_ARGUMENT',
      `stride must be a positive number of bytes, got ${stride}`,
      { details: { argument: 'stride', actual: stride } },
    )
  }
  const expected = pageBytes + pageCeil(ROWS_PER_BLOCK * stride)
  if (segmentBytes % pageBytes !== 0 || !(segmentBytes >= expected)) {
    throw new InvalidArgumentError(
      'SLUICE_INVALID_ARGUMENT',
      `segmentBytes must be a multiple of ${pageBytes} and at least ${expected} for rows of ` +
        `${stride} bytes, got ${segmentBytes}`,
      { details: { argument: 'segmentBytes', expected, actual: segmentBytes, stride } },
    )
  }
  const rows = Math.floor((segmentBytes - pageBytes) / stride)
  return rows - (rows % ROWS_PER_BLOCK)
}

/**
 * The shape of every segment of a store.
 *
 * @internal
 */
export interface SegmentLayout {
  /** Bytes of a file and of its slab. */
  readonly segmentBytes: number
  /** Bytes of a row. */
  readonly stride: number
  readonly rowsPerSegment: number
  /** Bytes before the first row: a page, or 0 where nothing is ever written to a file. */
  readonly headerBytes: number
}

/**
 * How far the rows below `row` reach into the image of segment `index`.
 *
 * @returns a byte offset from `headerBytes` to the end of the last row of the segment
 * @internal
 */
export function byteOfRow(layout: SegmentLayout, index: number, row: number): number {
  const rows = Math.min(Math.max(row - index * layout.rowsPerSegment, 0), layout.rowsPerSegment)
  return layout.headerBytes + rows * layout.stride
}

/**
 * How many whole rows lie in the first `byte` bytes of an image.
 *
 * @internal
 */
export function rowsBelowByte(layout: SegmentLayout, byte: number): number {
  return Math.max(0, Math.floor((byte - layout.headerBytes) / layout.stride))
}
