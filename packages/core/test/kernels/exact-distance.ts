/**
 * Distances from exact arithmetic: every element is an integer times a power of two that its dtype
 * fixes, sums are BigInts, and only the last step rounds. Slow; shares nothing with the kernels.
 */

import type { DistanceOracle } from '../../src/conformance/kernel-provider-data.js'
import type { Dtype } from '../../src/dtype.js'

/** A number `mantissa * 2^exponent`, with a mantissa that float64 holds. */
interface Scaled {
  readonly mantissa: number
  readonly exponent: number
}

interface FloatFormat {
  readonly bytes: number
  readonly fractionBits: bigint
}

const FLOATS: Readonly<Partial<Record<Dtype, FloatFormat>>> = {
  float64: { bytes: 8, fractionBits: 52n },
  complex128: { bytes: 8, fractionBits: 52n },
  float32: { bytes: 4, fractionBits: 23n },
  complex64: { bytes: 4, fractionBits: 23n },
  float16: { bytes: 2, fractionBits: 10n },
  bfloat16: { bytes: 2, fractionBits: 7n },
}

/** The exact distance of a row, rounded at the end. Rows must be finite. */
export const exactDistance: DistanceOracle = (task, row) => {
  const { metric, dtype, query } = task
  const bytes = task.rows.slice(row * query.length, (row + 1) * query.length)
  if (metric === 'hamming') return differingBits(query, bytes)
  const format = FLOATS[dtype]
  const unit = format === undefined ? 0 : smallestExponent(format)
  const q = integersOf(dtype, query)
  const x = integersOf(dtype, bytes)
  if (metric === 'dot') return 0 - numberFrom(scale(sumOfProducts(q, x), 2 * unit))
  if (metric === 'l2') {
    const difference = q.map((element, i) => element - x[i]!)
    return numberFrom(scale(sumOfProducts(difference, difference), 2 * unit))
  }
  return exactCosineDistance(q, x)
}

/** Powers of two cancel in a cosine. */
function exactCosineDistance(q: readonly bigint[], x: readonly bigint[]): number {
  const dot = scale(sumOfProducts(q, x), 0)
  const norms = scale(sumOfProducts(q, q) * sumOfProducts(x, x), 0)
  if (norms.mantissa === 0) return 1
  const even = norms.exponent % 2 === 0 ? norms : halve(norms)
  const root = Math.sqrt(even.mantissa)
  return 1 - (dot.mantissa / root) * 2 ** (dot.exponent - even.exponent / 2)
}

function halve({ mantissa, exponent }: Scaled): Scaled {
  return { mantissa: mantissa / 2, exponent: exponent + 1 }
}

function sumOfProducts(a: readonly bigint[], b: readonly bigint[]): bigint {
  return a.reduce((sum, element, i) => sum + element * b[i]!, 0n)
}

/** Keeps 64 leading bits and whether any bit below is set, which rounds the same way. */
function scale(value: bigint, exponent: number): Scaled {
  const magnitude = value < 0n ? -value : value
  const excess = Math.max(0, magnitude.toString(16).length * 4 - 64)
  const kept = magnitude >> BigInt(excess)
  const sticky = kept << BigInt(excess) === magnitude ? kept : kept | 1n
  const mantissa = Number(sticky)
  return { mantissa: value < 0n ? -mantissa : mantissa, exponent: exponent + excess }
}

/** Exact unless the value leaves the range of float64. */
function numberFrom({ mantissa, exponent }: Scaled): number {
  const half = Math.trunc(exponent / 2)
  return mantissa * 2 ** half * 2 ** (exponent - half)
}

function smallestExponent({ bytes, fractionBits }: FloatFormat): number {
  const exponentBits = bytes * 8 - 1 - Number(fractionBits)
  return 2 - 2 ** (exponentBits - 1) - Number(fractionBits)
}

/** Elements in units of the smallest positive value of the dtype. */
function integersOf(dtype: Dtype, bytes: Uint8Array): bigint[] {
  const format = FLOATS[dtype]
  if (format !== undefined) {
    return patternsOf(bytes, format.bytes).map((bits) => floatInteger(bits, format))
  }
  const size = Number(/\d+/.exec(dtype)![0]) / 8
  const patterns = patternsOf(bytes, size)
  return dtype.startsWith('u') ? patterns : patterns.map((bits) => BigInt.asIntN(size * 8, bits))
}

function floatInteger(bits: bigint, { bytes, fractionBits }: FloatFormat): bigint {
  const sign = bits >> BigInt(bytes * 8 - 1)
  const hidden = 1n << fractionBits
  const fraction = bits & (hidden - 1n)
  const exponent = (bits & ((1n << BigInt(bytes * 8 - 1)) - 1n)) >> fractionBits
  const magnitude = exponent === 0n ? fraction : (hidden | fraction) << (exponent - 1n)
  return sign === 0n ? magnitude : -magnitude
}

function patternsOf(bytes: Uint8Array, size: number): bigint[] {
  return Array.from({ length: bytes.length / size }, (_, i) => {
    let bits = 0n
    for (let at = size - 1; at >= 0; at--) bits = (bits << 8n) | BigInt(bytes[i * size + at]!)
    return bits
  })
}

function differingBits(a: Uint8Array, b: Uint8Array): number {
  let count = 0
  a.forEach((byte, i) => {
    for (let rest = byte ^ b[i]!; rest !== 0; rest >>= 1) count += rest & 1
  })
  return count
}
