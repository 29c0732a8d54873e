/**
 * docs/codes.md read aloud: plain numbers, one step after the other, nothing fused or skipped.
 * Slow; shares nothing with the kernels but the signs.
 */

import type { CodeSpace, QueryTerms } from '../../../../src/contract/code-kernels.js'
import { asVectorData, type Dtype } from '../../../../src/dtype.js'
import { decodeBfloat16, decodeFloat16 } from '../../../../src/kernels/half.js'

const f = Math.fround

/** What a row becomes. */
export interface NaiveCode {
  /** `D / 8` bytes. */
  readonly code: readonly number[]
  readonly factor: number
  readonly offset: number
  readonly error: number
}

/** A row before its rotation. */
interface Centred {
  readonly u: readonly number[]
  /** `D` long. */
  readonly r: readonly number[]
}

/** The numbers of one packed row. */
export function numbersOf(dtype: Dtype, dimension: number, row: Uint8Array): number[] {
  if (dtype === 'bit') {
    return Array.from({ length: dimension }, (_, i) => (row[i >> 3]! >> (7 - (i % 8))) & 1)
  }
  const data = asVectorData(dtype, row.slice())
  if (dtype === 'float16' || dtype === 'bfloat16') {
    const wide = new Float32Array(dimension)
    const decode = dtype === 'float16' ? decodeFloat16 : decodeBfloat16
    decode(data as Uint16Array, wide)
    return [...wide]
  }
  return Array.from(data as ArrayLike<unknown> as ArrayLike<bigint>, Number)
}

/** `sum64`. */
export function sum64(terms: readonly number[]): number {
  let lanes = new Array<number>(64).fill(0)
  terms.forEach((term, i) => {
    lanes[i % 64] = f(lanes[i % 64]! + f(term))
  })
  while (lanes.length > 1) {
    const half = lanes.length / 2
    lanes = lanes.slice(0, half).map((value, i) => f(value + lanes[i + half]!))
  }
  return lanes[0]!
}

/** The rotation, without the factor `1 / b`. */
export function rotated(r: readonly number[], signs: ArrayLike<number>): number[] {
  const run = runOf(r.length)
  let y = [...r]
  for (let round = 0; round < 2; round++) {
    y = y.map((value, i) => value * signs[round * y.length + i]!)
    for (let distance = 1; distance < run; distance *= 2) {
      y = y.map((value, i) =>
        i & distance ? f(y[i - distance]! - value) : f(value + y[i + distance]!),
      )
    }
    if (run < y.length) y = reflected(y, run)
  }
  return y
}

function reflected(y: readonly number[], run: number): number[] {
  const runs = y.length / run
  const shifts = Array.from({ length: run }, (_, i) => {
    let sum = y[i]!
    for (let k = 1; k < runs; k++) sum = f(sum + y[k * run + i]!)
    return f(sum * f(2 / runs))
  })
  return y.map((value, i) => f(value - shifts[i % run]!))
}

/** `b`. */
export function runOf(codeDimension: number): number {
  let run = 1
  while (codeDimension % (2 * run) === 0) run *= 2
  return run
}

/** `u` and `r` of a row. */
export function centred(space: CodeSpace, row: Uint8Array): Centred {
  const x = numbersOf(space.dtype, space.dimension, row)
  const length = space.signs.length / 2
  const cosine = space.metric === 'cosine'
  const u = cosine ? unit(x, isWide(space.dtype)) : x.map(f)
  const from = cosine ? u : x
  const r = Array.from({ length }, (_, i) => (i < x.length ? f(from[i]! - space.mean[i]!) : 0))
  return { u, r }
}

function isWide(dtype: Dtype): boolean {
  return /64$|32$|128$/.test(dtype) && dtype !== 'float32' && dtype !== 'complex64'
}

function unit(x: readonly number[], wide: boolean): number[] {
  const squared = wide ? 0 : sum64(x.map((value) => f(value * value)))
  if (squared >= 2 ** -60 && squared <= 2 ** 100) return toUnit(x, squared)
  const largest = x.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  if (largest === 0) return x.map(() => 0)
  let exponent = -1074
  while (exponent < 1023 && 2 ** (exponent + 1) <= largest) exponent++
  const half = Math.floor(exponent / 2)
  const z = x.map((value) => f(value * 2 ** -half * 2 ** -(exponent - half)))
  return toUnit(z, sum64(z.map((value) => f(value * value))))
}

function toUnit(z: readonly number[], squared: number): number[] {
  const scale = f(1 / f(Math.sqrt(squared)))
  return z.map((value) => f(value * scale))
}

/** `G`: the sum of `z`, with the signs of `y`. */
function shiftSum(space: CodeSpace, centre: Float32Array, y: readonly number[]): number {
  const shift = y.map((_, i) => (i < centre.length ? f(centre[i]! - space.mean[i]!) : 0))
  const z = rotated(shift, space.signs).map((value) => f(value / runOf(y.length)))
  return sum64(z.map((value, i) => (hasSign(y[i]!) ? -value : value)))
}

/** Code and factors of one packed row, centred on the mean or on another centre. */
export function naiveCode(space: CodeSpace, row: Uint8Array, centre?: Float32Array): NaiveCode {
  const c = centre ?? space.mean
  const { u, r } = centred({ ...space, mean: c }, row)
  const D = r.length
  const R = sum64(r.map((value) => f(value * value)))
  const a = sum64(u.map((value, i) => f(value * c[i]!)))
  const y = rotated(r, space.signs)
  const L = f(sum64(y.map(Math.abs)) * (1 / runOf(D)))
  const F0 = L === 0 ? 0 : f(R / L)
  const E0 = f(Math.sqrt(f(Math.max(0, f(f(f(F0 * F0) * D) - R)) / (D - 1))))
  const inner = space.metric === 'cosine' || space.metric === 'dot'
  const factor = inner ? -F0 : f(-2 * F0)
  let offset = inner ? -a : R
  if (centre !== undefined) {
    const cc = sum64([...centre].map((value) => f(value * value)))
    const first = inner ? f(f(0.5 * cc) - a) : R
    offset = f(first - f(factor * shiftSum(space, centre, y)))
  }
  const error = inner ? E0 : f(2 * E0)
  if (![factor, offset, error].every(Number.isFinite)) {
    return { code: new Array(D / 8).fill(0), factor: 0, offset: 0, error: Number.POSITIVE_INFINITY }
  }
  const code = Array.from({ length: D / 8 }, (_, byte) =>
    [0, 1, 2, 3, 4, 5, 6, 7].reduce(
      (bits, i) => bits | (hasSign(y[8 * byte + i]!) ? 0 : 1 << i),
      0,
    ),
  )
  return { code, factor, offset, error }
}

function hasSign(value: number): boolean {
  return value < 0 || Object.is(value, -0)
}

/** Tables and terms of one packed query. */
export function naiveTables(
  space: CodeSpace,
  query: Uint8Array,
): { readonly tables: readonly number[]; readonly terms: QueryTerms } {
  const { r } = centred(space, query)
  const D = r.length
  const R = sum64(r.map((value) => f(value * value)))
  const q = rotated(r, space.signs).map((value) => f(value / runOf(D)))
  const cr = sum64([...space.mean].map((value, i) => f(value * r[i]!)))
  const constants = { cosine: f(1 - cr), dot: 0 - cr, l2: R, hamming: R }
  const groups = Array.from({ length: D / 4 }, (_, g) => q.slice(4 * g, 4 * g + 4))
  const widths = groups.map((group) => sumOfFour(group.map(Math.abs)))
  const M = f(2 * Math.max(...widths))
  const levels = Math.min(63, Math.floor(65535 / (D / 4)))
  const norm = f(Math.sqrt(R))
  const constant = constants[space.metric]
  if (!(M >= 2 ** -100 && M <= 2 ** 120)) {
    const terms = { scale: 0, bias: 0, norm: M === 0 ? norm : Number.POSITIVE_INFINITY, constant }
    return { tables: new Array(4 * D).fill(0), terms }
  }
  const tables = groups.flatMap((group, g) =>
    Array.from({ length: 16 }, (_, j) => {
      const value = sumOfFour(group.map((part, i) => (j & (1 << i) ? part : -part)))
      return level(f(f(value + widths[g]!) * f(levels / M)), levels)
    }),
  )
  const terms = { scale: f(M / levels), bias: -sum64(q.map(Math.abs)), norm, constant }
  return { tables, terms }
}

function sumOfFour(parts: readonly number[]): number {
  return f(f(parts[0]! + parts[1]!) + f(parts[2]! + parts[3]!))
}

function level(value: number, levels: number): number {
  const below = Math.floor(value)
  const rest = value - below
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1)
  return Math.max(0, Math.min(levels, up ? below + 1 : below))
}
