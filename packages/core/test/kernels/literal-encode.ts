/** Codes and factors of rows, docs/codes.md read word for word. Arguments must be good. */

import { BLOCK_ROWS, blockLayoutOf, NO_ROW } from '../../src/code-layout.js'
import type { CodeSpace, EncodeTask } from '../../src/contract/code-kernels.js'
import { strideOf } from '../../src/dtype.js'
import {
  dimensionsOf,
  f32,
  innerProduct,
  literalRow,
  padded,
  rotated,
  rowOf,
  runOf,
  sum64,
  viewOf,
} from './literal-arithmetic.js'

/** Rows into blocks. */
export function literalEncode({ space, rows, rowBase, blocks, centre }: EncodeTask): void {
  const layout = blockLayoutOf(dimensionsOf(space))
  const view = viewOf(blocks)
  const count = rows.length / strideOf(space.dtype, space.dimension)
  for (let row = 0; row < Math.ceil(count / BLOCK_ROWS) * BLOCK_ROWS; row++) {
    const at = Math.floor(row / BLOCK_ROWS) * layout.byteLength
    const lane = row % BLOCK_ROWS
    const bytes = row < count ? rowOf(space, rows, row) : undefined
    const { code, factors } = encodedRow(space, bytes, centre)
    code.forEach((byte, p) => {
      view.setUint8(at + p * BLOCK_ROWS + lane, byte)
    })
    factors.forEach((factor, i) => {
      view.setFloat32(at + layout.factorsAt + i * 128 + 4 * lane, factor, true)
    })
    const number = bytes === undefined ? NO_ROW : rowBase + row
    view.setUint32(at + layout.rowsAt + 4 * lane, number, true)
  }
}

interface EncodedRow {
  readonly code: Uint8Array
  readonly factors: readonly number[]
}

function encodedRow(
  space: CodeSpace,
  bytes: Uint8Array | undefined,
  centre: Float32Array | undefined,
): EncodedRow {
  const size = dimensionsOf(space)
  const none = new Uint8Array(size / 8)
  if (bytes === undefined) return { code: none, factors: [0, Number.POSITIVE_INFINITY, 0] }
  const { r, squared: R, inner } = literalRow({ ...space, mean: centre ?? space.mean }, bytes)
  const y = rotated(space, r)
  const L = f32(sum64(y.map(Math.abs)) * (1 / runOf(space)))
  const F0 = L === 0 ? 0 : f32(R / L)
  const excess = f32(f32(f32(F0 * F0) * size) - R)
  const E0 = f32(Math.sqrt(f32(Math.max(0, excess) / (size - 1))))
  const angular = space.metric === 'cosine' || space.metric === 'dot'
  const [F, E] = angular ? [-F0, E0] : [f32(-2 * F0), f32(2 * E0)]
  const A = centre ? centredOffset(space, centre, { angular, F, R, inner, y }) : undefined
  const factors = [F, A ?? (angular ? -inner : R), E]
  if (factors.some((factor) => !Number.isFinite(factor))) {
    return { code: none, factors: [0, 0, Number.POSITIVE_INFINITY] }
  }
  const code = none
  y.forEach((value, i) => {
    if (isPlus(value)) code[i >> 3] = code[i >> 3]! | (1 << (i % 8))
  })
  return { code, factors }
}

/** What `A` takes where codes are centred on something else than the mean. */
interface CentredTerms {
  readonly angular: boolean
  readonly F: number
  readonly R: number
  /** `a`. */
  readonly inner: number
  readonly y: Float32Array
}

function centredOffset(space: CodeSpace, centre: Float32Array, terms: CentredTerms): number {
  const { angular, F, R, inner, y } = terms
  const difference = padded(
    space,
    centre.map((value, i) => value - space.mean[i]!),
  )
  const z = rotated(space, difference).map((value) => value / runOf(space))
  const G = sum64(z.map((value, i) => (isPlus(y[i]!) ? value : -value)))
  const c = padded(space, centre)
  const start = angular ? f32(f32(0.5 * innerProduct(c, c)) - inner) : R
  return f32(start - f32(F * G))
}

function isPlus(value: number): boolean {
  return value > 0 || Object.is(value, 0)
}
