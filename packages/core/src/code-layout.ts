/**
 * How 1-bit codes lie in memory and on disk: blocks of 32 rows, the same for every kernel. What the
 * numbers in them mean is in docs/codes.md.
 */

import { type Dtype, elementsPerRow } from './dtype.js'

/** Rows of a block. @public */
export const BLOCK_ROWS = 32

/** The row number of a lane that has no row. @public */
export const NO_ROW = 0xffffffff

/** Dimensions of codes are a multiple of this. */
const CODE_DIMENSION_STEP = 64

/** Bytes of one number for each row of a block. */
const COLUMN_BYTES = 4 * BLOCK_ROWS

/**
 * Where the parts of a block lie, in bytes from its start.
 *
 * @public
 */
export interface BlockLayout {
  /** Bytes of a block: a multiple of 64. */
  readonly byteLength: number
  /** Bytes of one row's code. Byte p of lane j is at `p * 32 + j`. */
  readonly codeBytes: number
  /** The factors F: 32 float32. */
  readonly factorsAt: number
  /** The factors A: 32 float32. */
  readonly offsetsAt: number
  /** The factors E: 32 float32. */
  readonly errorsAt: number
  /** Row numbers: 32 u32. */
  readonly rowsAt: number
}

/**
 * Numbers of a row as the codes see it: complex dimensions have two, bits one each.
 *
 * @public
 */
export function codeElementsOf(dtype: Dtype, dimension: number): number {
  return dtype === 'bit' ? dimension : elementsPerRow(dtype, dimension)
}

/**
 * Dimensions of the codes of rows: the numbers of a row, rounded up to a multiple of 64.
 *
 * @public
 */
export function codeDimensionOf(dtype: Dtype, dimension: number): number {
  const elements = codeElementsOf(dtype, dimension)
  return Math.ceil(elements / CODE_DIMENSION_STEP) * CODE_DIMENSION_STEP
}

/**
 * The layout of blocks.
 *
 * @param codeDimension - from {@link codeDimensionOf}
 * @public
 */
export function blockLayoutOf(codeDimension: number): BlockLayout {
  const codeBytes = codeDimension / 8
  const factorsAt = codeBytes * BLOCK_ROWS
  const [offsetsAt, errorsAt, rowsAt] = [1, 2, 3].map((i) => factorsAt + i * COLUMN_BYTES) as [
    number,
    number,
    number,
  ]
  const byteLength = rowsAt + COLUMN_BYTES
  return { byteLength, codeBytes, factorsAt, offsetsAt, errorsAt, rowsAt }
}

/**
 * The rows of whole blocks among so many.
 *
 * @internal
 */
export function blockFloor(rowCount: number): number {
  return rowCount - (rowCount % BLOCK_ROWS)
}
