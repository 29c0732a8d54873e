/**
 * float16 (IEEE 754 binary16) and bfloat16 to and from wider floats. Encoding rounds once, straight
 * from the float64 value, to nearest, ties to even; subnormals, infinities and signed zeros are
 * kept; every NaN becomes the quiet one. Decoding is exact.
 */

/** A 16-bit float format: sign, exponent, fraction. */
interface HalfFormat {
  readonly fractionBits: number
  /** Largest exponent of a finite value, which is also the bias. */
  readonly exponentMax: number
  readonly infinityBits: number
  readonly nanBits: number
}

const FLOAT16: HalfFormat = {
  fractionBits: 10,
  exponentMax: 15,
  infinityBits: 0x7c00,
  nanBits: 0x7e00,
}
const BFLOAT16: HalfFormat = {
  fractionBits: 7,
  exponentMax: 127,
  infinityBits: 0x7f80,
  nanBits: 0x7fc0,
}

/** Adding and subtracting it rounds a value below 2^51 to an integer, ties to even. */
const ROUNDER = 2 ** 52

const wide = new Float64Array(1)
const wideWords = new Uint32Array(wide.buffer)
let float16Values: Float32Array | undefined

/**
 * Numbers in, to be rounded to 16 bits.
 *
 * @internal
 */
export type FloatSource = Float32Array | Float64Array | readonly number[]

/**
 * Rounds numbers to float16 bit patterns.
 *
 * @param source - the numbers
 * @param target - at least as long as `source`
 * @internal
 */
export function encodeFloat16(source: FloatSource, target: Uint16Array): void {
  for (let i = 0; i < source.length; i++) target[i] = encode(source[i]!, FLOAT16)
}

/**
 * Rounds numbers to bfloat16 bit patterns.
 *
 * @param source - the numbers
 * @param target - at least as long as `source`
 * @internal
 */
export function encodeBfloat16(source: FloatSource, target: Uint16Array): void {
  for (let i = 0; i < source.length; i++) target[i] = encode(source[i]!, BFLOAT16)
}

/**
 * Widens float16 bit patterns, exactly.
 *
 * @param source - bit patterns
 * @param target - at least as long as `source`
 * @internal
 */
export function decodeFloat16(source: Uint16Array, target: Float32Array): void {
  const values = float16Table()
  for (let i = 0; i < source.length; i++) target[i] = values[source[i]!]!
}

/**
 * Widens bfloat16 bit patterns, exactly: they are the upper halves of float32 ones.
 *
 * @param source - bit patterns
 * @param target - at least as long as `source`
 * @internal
 */
export function decodeBfloat16(source: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16
}

/**
 * The value of every float16 bit pattern, built on first use (256 KiB).
 *
 * @internal
 */
export function float16Table(): Float32Array {
  float16Values ??= Float32Array.from({ length: 65_536 }, (_, bits) => float16Value(bits))
  return float16Values
}

function encode(value: number, format: HalfFormat): number {
  const { fractionBits, exponentMax, infinityBits } = format
  wide[0] = value
  const high = wideWords[1]!
  const sign = (high >>> 31) << 15
  const exponent = ((high >>> 20) & 0x7ff) - 1023
  if (exponent > exponentMax) return sign | (Number.isNaN(value) ? format.nanBits : infinityBits)
  const quantumExponent = Math.max(exponent, 1 - exponentMax) - fractionBits
  // Exact: a power of two scales the value to below 2^(fractionBits + 1).
  const scaled = Math.abs(value) * 2 ** -quantumExponent
  const fraction = scaled + ROUNDER - ROUNDER
  // A normal fraction carries its hidden bit, which adds one to the exponent field; rounding up
  // to the next power of two, or to infinity, carries the same way.
  const exponentField = Math.max(exponent + exponentMax - 1, 0)
  return sign | ((exponentField << fractionBits) + fraction)
}

function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}
