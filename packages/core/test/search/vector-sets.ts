/** Sets of vectors that an index finds easy or hard, from a seed, in every dtype. */

import type { Dtype, VectorData } from '../../src/index.js'
import { elementsPerRow } from '../../src/index.js'

/** A generator of numbers. */
export class Numbers {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** Uniform in [0, 1): mulberry32 (Ettinger, 2017, public domain). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.uniform() * limit)
  }

  gaussian(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }
}

/** Writes the numbers of one row. */
type RowMaker = (row: Float64Array, numbers: Numbers) => void

/** Shapes of sets, by name. Each makes a set: what its rows have in common is made once. */
export const VECTOR_SETS = {
  gaussian: () => fill((numbers) => numbers.gaussian()),
  uniform: () => fill((numbers) => numbers.uniform()),
  offset: () => fill((numbers) => 20 + numbers.gaussian()),
  equal: () => fill(() => 3),
  'mostly zero': () => (row, numbers) => {
    if (numbers.uniform() < 0.5) fill(() => numbers.gaussian())(row, numbers)
    else row.fill(0)
  },
  'one-hot': () => (row, numbers) => {
    row.fill(0)
    row[numbers.below(row.length)] = 1
  },
  scaled: () => (row, numbers) => {
    const scale = 10 ** (6 * numbers.uniform() - 3)
    for (let i = 0; i < row.length; i++) row[i] = scale * numbers.gaussian()
  },
  'log-normal': () => (row, numbers) => {
    const scale = Math.exp(numbers.gaussian())
    for (let i = 0; i < row.length; i++) row[i] = scale * numbers.gaussian()
  },
  clustered: () => around(20, 0.3),
  overlapping: () => around(300, 0.9),
  duplicates: () => around(1500, 0),
} as const satisfies Readonly<Record<string, () => RowMaker>>

/** The name of a shape. */
export type VectorSet = keyof typeof VECTOR_SETS

/** `rowCount` rows of a set. */
export function makeRows(
  make: RowMaker,
  { rowCount, width, numbers }: { rowCount: number; width: number; numbers: Numbers },
): Float64Array {
  const values = new Float64Array(rowCount * width)
  for (let row = 0; row < rowCount; row++) {
    make(values.subarray(row * width, (row + 1) * width), numbers)
  }
  return values
}

/** Numbers as vectors of a dtype; integers are scaled so that they keep some of the shape. */
export function vectorsOf(dtype: Dtype, values: Float64Array): VectorData {
  if (dtype === 'float64' || dtype === 'complex128') return values
  if (dtype === 'int64') return BigInt64Array.from(values, (value) => BigInt(integer(value, 40)))
  if (dtype === 'uint64') {
    return BigUint64Array.from(values, (value) => BigInt(Math.max(0, integer(value, 40) + 500)))
  }
  if (dtype === 'int8') return Int8Array.from(values, (value) => clamp(integer(value, 30), 127))
  if (dtype === 'int16') return Int16Array.from(values, (value) => clamp(integer(value, 900), 32e3))
  if (dtype === 'int32') return Int32Array.from(values, (value) => clamp(integer(value, 1e4), 2e9))
  const natural = (value: number): number => Math.max(0, integer(value, 30) + 100)
  if (dtype === 'uint8') return Uint8Array.from(values, (value) => clamp(natural(value), 255))
  if (dtype === 'uint16') return Uint16Array.from(values, (value) => clamp(natural(value), 65_535))
  if (dtype === 'uint32') return Uint32Array.from(values, (value) => clamp(natural(value), 4e9))
  return Float32Array.from(values)
}

/** Numbers of a vector. */
export function widthOf(dtype: Dtype, dimension: number): number {
  return elementsPerRow(dtype, dimension)
}

function fill(next: (numbers: Numbers) => number): RowMaker {
  return (row, numbers) => {
    for (let i = 0; i < row.length; i++) row[i] = next(numbers)
  }
}

/** Rows around centres that are drawn with the first rows. */
function around(centreCount: number, spread: number): RowMaker {
  const centres: Float64Array[] = []
  return (row, numbers) => {
    const centre = numbers.below(centreCount)
    centres[centre] ??= row.map(() => numbers.gaussian())
    for (let i = 0; i < row.length; i++) {
      row[i] = (centres[centre]?.[i] ?? 0) + (spread === 0 ? 0 : spread * numbers.gaussian())
    }
  }
}

function integer(value: number, scale: number): number {
  return Math.round(value * scale)
}

function clamp(value: number, max: number): number {
  return Math.max(-max, Math.min(max, value))
}
