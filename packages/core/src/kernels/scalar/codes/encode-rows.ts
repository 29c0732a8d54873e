/**
 * Rows into blocks: a bit for each dimension and three factors for each row (docs/codes.md, "Codes
 * and factors"). Math.fround stands wherever two operations would otherwise share a rounding.
 */

import { BLOCK_ROWS, blockLayoutOf, NO_ROW } from '../../../code-layout.js'
import type { CodeSpace, EncodeTask } from '../../../contract/code-kernels.js'
import { Centring } from './centring.js'
import { type CodeShape, codeShapeOf } from './code-shape.js'
import { packCodes } from './pack-block.js'
import { rotateToLength } from './query-tables.js'
import { rotate } from './rotate.js'
import { sumMagnitudes, sumProducts, sumSigned, sumSquares } from './sum64.js'

/**
 * Encodes the rows of a checked task.
 *
 * @internal
 */
export function encodeRows({ space, rows, rowBase, blocks, centre }: EncodeTask): void {
  const shape = codeShapeOf(space)
  const layout = blockLayoutOf(shape.codeDimension)
  const rowCount = rows.byteLength / shape.stride
  const shift = centre && shiftTo(centre, space, shape)
  const encoder = new BlockEncoder({ ...space, mean: centre ?? space.mean }, rows, shift)
  for (let from = 0; from < rowCount; from += BLOCK_ROWS) {
    const at = (from / BLOCK_ROWS) * layout.byteLength
    const laneCount = Math.min(BLOCK_ROWS, rowCount - from)
    encoder.clear()
    for (let lane = 0; lane < laneCount; lane++) encoder.encode(lane, from + lane, rowBase)
    packCodes(encoder.codes, blocks, at)
    blocks.set(encoder.columns, at + layout.factorsAt)
  }
}

/** What codes around another centre than the mean need to know of it. */
interface Shift {
  /** `0.5 cc`. */
  readonly halfSquared: number
  /** `z`: from the mean to the centre, rotated. */
  readonly z: Float32Array
}

function shiftTo(centre: Float32Array, { mean, signs }: CodeSpace, shape: CodeShape): Shift {
  const z = new Float32Array(shape.codeDimension)
  for (let i = 0; i < mean.length; i++) z[i] = centre[i]! - mean[i]!
  rotateToLength(z, signs, shape.runLength)
  return { halfSquared: Math.fround(0.5 * sumSquares(centre, centre.length)), z }
}

/** One block in the making. */
class BlockEncoder {
  /** Codes one after the other. */
  readonly codes: Uint8Array
  /** What follows the codes in a block: F, A, E, row numbers. */
  readonly columns: Uint8Array = new Uint8Array(4 * 4 * BLOCK_ROWS)
  readonly #floats: Float32Array = new Float32Array(this.columns.buffer)
  readonly #integers: Uint32Array = new Uint32Array(this.columns.buffer)
  /** Its mean is what codes are centred on. */
  readonly #space: CodeSpace
  readonly #shape: CodeShape
  readonly #shift: Shift | undefined
  readonly #centring: Centring
  /** The bits of the rotated row. */
  readonly #bits: Int32Array

  constructor(space: CodeSpace, rows: Uint8Array, shift: Shift | undefined) {
    const shape = codeShapeOf(space)
    this.#space = space
    this.#shape = shape
    this.#shift = shift
    this.#centring = new Centring(space, rows)
    this.#bits = new Int32Array(this.#centring.r.buffer)
    this.codes = new Uint8Array((BLOCK_ROWS * shape.codeDimension) / 8)
  }

  /** Makes all lanes lanes without a row. */
  clear(): void {
    this.codes.fill(0)
    this.#floats.fill(0)
    this.#floats.fill(Number.POSITIVE_INFINITY, BLOCK_ROWS, 2 * BLOCK_ROWS)
    this.#integers.fill(NO_ROW, 3 * BLOCK_ROWS)
  }

  /** Puts a row into a lane. */
  encode(lane: number, row: number, rowBase: number): void {
    const { metric, mean, signs } = this.#space
    const { codeDimension, runLength } = this.#shape
    const { u, r } = this.#centring
    this.#centring.centre(row)
    const squared = sumSquares(r, mean.length)
    const euclidean = metric === 'l2' || metric === 'hamming'
    const inner = euclidean ? 0 : sumProducts(u, mean)
    rotate(r, signs, runLength)
    const length = Math.fround(sumMagnitudes(r) * (1 / runLength))
    const ratio = length === 0 ? 0 : Math.fround(squared / length)
    const excess = Math.fround(Math.fround(Math.fround(ratio * ratio) * codeDimension) - squared)
    const error = Math.fround(Math.sqrt(Math.fround(Math.max(0, excess) / (codeDimension - 1))))
    const factor = Math.fround(euclidean ? -2 * ratio : -ratio)
    const offset = this.#offset(euclidean ? squared : undefined, inner, factor)
    this.#write(lane, factor, offset, Math.fround(euclidean ? 2 * error : error))
    this.#integers[3 * BLOCK_ROWS + lane] = rowBase + row
  }

  /** `A` of the row that was rotated last; `squared` where it is what an estimate begins with. */
  #offset(squared: number | undefined, inner: number, factor: number): number {
    if (this.#shift === undefined) return squared ?? -inner
    const { halfSquared, z } = this.#shift
    const product = Math.fround(factor * sumSigned(z, this.#bits))
    return Math.fround((squared ?? Math.fround(halfSquared - inner)) - product)
  }

  /** Factors and code; a row without finite factors is one that is always looked at. */
  #write(lane: number, factor: number, offset: number, error: number): void {
    const finite = Number.isFinite(factor) && Number.isFinite(offset) && Number.isFinite(error)
    this.#floats[lane] = finite ? factor : 0
    this.#floats[BLOCK_ROWS + lane] = finite ? offset : 0
    this.#floats[2 * BLOCK_ROWS + lane] = finite ? error : Number.POSITIVE_INFINITY
    if (finite) writeCode(this.#bits, this.codes, lane * (this.#bits.length / 8))
  }
}

/** A bit of a code is 1 where the sign bit of the number is 0. */
function writeCode(numbers: Int32Array, codes: Uint8Array, at: number): void {
  for (let i = 0; i < numbers.length; i += 8) {
    let negative = 0
    for (let bit = 0; bit < 8; bit++) negative |= (numbers[i + bit]! >>> 31) << bit
    codes[at + (i >> 3)] = ~negative
  }
}
