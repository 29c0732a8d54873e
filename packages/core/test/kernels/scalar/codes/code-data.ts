/** Spaces, rows and blocks for the tests of the kernels over codes. */

import fc from 'fast-check'
import { blockLayoutOf, codeDimensionOf, codeElementsOf } from '../../../../src/code-layout.js'
import { COMBINATIONS, seededRows } from '../../../../src/conformance/kernel-provider-data.js'
import type { CodeSpace } from '../../../../src/contract/code-kernels.js'
import { type Dtype, strideOf } from '../../../../src/dtype.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import type { Metric } from '../../../../src/metric.js'
import { rotationSigns } from '../../../../src/rotation-signs.js'

/** Numbers in [-1, 1) from a seed, roughly normal: sums of four uniform ones, halved. */
export function seededNumbers(count: number, seed: number): Float32Array {
  const numbers = new Float32Array(count)
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  for (let i = 0; i < count; i++) numbers[i] = (next() + next() + next() + next() - 2) / 2
  return numbers
}

/** The bytes of an array. */
export function bytesOf(data: Float32Array | Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** A space with signs and, unless given, a small mean, both from a seed. */
export function spaceOf(
  [dtype, metric]: readonly [Dtype, Metric],
  dimension: number,
  seed = 1,
  mean: Float32Array = seededNumbers(codeElementsOf(dtype, dimension), seed).map((x) => x / 10),
): CodeSpace {
  const signs = rotationSigns(codeDimensionOf(dtype, dimension), seed)
  return { metric, dtype, dimension, mean, signs }
}

/** A float32 space without a mean. */
export function plainSpace(metric: Metric, dimension: number, seed = 1): CodeSpace {
  const dtype = metric === 'hamming' ? 'bit' : 'float32'
  return spaceOf([dtype, metric], dimension, seed, new Float32Array(dimension))
}

/** Any dtype with any metric that goes with it, and any small dimension. */
export const anySpace: fc.Arbitrary<CodeSpace> = fc
  .tuple(fc.constantFrom(...COMBINATIONS), fc.integer({ min: 1, max: 200 }), fc.nat())
  .map(([combination, dimension, seed]) => spaceOf(combination, dimension, seed))

/** Rows of a space, from a seed. */
export function rowsOf(
  { dtype, dimension }: CodeSpace,
  rowCount: number,
  seed: number,
): Uint8Array {
  return seededRows(dtype, dimension, rowCount, seed)
}

/** One of many packed rows. */
export function rowAt({ dtype, dimension }: CodeSpace, rows: Uint8Array, row: number): Uint8Array {
  const stride = strideOf(dtype, dimension)
  return rows.subarray(row * stride, (row + 1) * stride)
}

/** The blocks of rows. */
export function encoded(
  space: CodeSpace,
  rows: Uint8Array,
  rowBase = 0,
  centre?: Float32Array,
): Uint8Array {
  const rowCount = rows.length / strideOf(space.dtype, space.dimension)
  const { byteLength } = blockLayoutOf(space.signs.length / 2)
  const blocks = new Uint8Array(Math.ceil(rowCount / 32) * byteLength)
  scalarKernels.encode({ space, rows, rowBase, blocks, centre })
  return blocks
}

/** What a block says of one row. */
export interface Lane {
  readonly code: readonly number[]
  readonly factor: number
  readonly offset: number
  readonly error: number
  readonly row: number
}

/** All lanes of blocks, read as docs/codes.md lays them out. */
export function lanesOf(blocks: Uint8Array, codeDimension: number): Lane[] {
  const blockBytes = 4 * codeDimension + 512
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength)
  return Array.from({ length: (blocks.length / blockBytes) * 32 }, (_, i) => {
    const block = Math.floor(i / 32) * blockBytes
    const lane = i % 32
    const columns = block + 4 * codeDimension + 4 * lane
    return {
      code: Array.from({ length: codeDimension / 8 }, (_, p) => blocks[block + 32 * p + lane]!),
      factor: view.getFloat32(columns, true),
      offset: view.getFloat32(columns + 128, true),
      error: view.getFloat32(columns + 256, true),
      row: view.getUint32(columns + 384, true),
    }
  })
}

/** The code sum of a code, from its definition. */
export function codeSum(tables: ArrayLike<number>, code: readonly number[]): number {
  return code.reduce(
    (sum, byte, p) => sum + tables[32 * p + (byte & 15)]! + tables[32 * p + 16 + (byte >> 4)]!,
    0,
  )
}
