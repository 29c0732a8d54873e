/**
 * float16 (IEEE 754 binary16) and bfloat16 to and from wider floats. Encoding rounds once, straight
 * from the float64 value, to nearest, ties to even; subnormals, infinities and signed zeros are
 * kept; every NaN becomes the quiet one. Decoding is exact.
 */

import { unexpected } from '../checks.js'

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
 * @public
 */
export type FloatSource = Float32Array | Float64Array | readonly number[]

/**
 * Rounds numbers to float16 bit patterns, once and to nearest, ties to even. What is too large
 * becomes infinite, which collections refuse.
 *
 * @param source - the numbers
 * @param target - takes the patterns; at least as long as `source`. Default: a new array
 * @returns `target`
 * @throws InvalidArgumentError when `target` is too short
 * @public
 */
export function encodeFloat16(source: FloatSource, target?: Uint16Array): Uint16Array {
  const bits = target ?? new Uint16Array(source.length)
  checkRoom(source, bits)
  for (let i = 0; i < source.length; i++) bits[i] = encode(source[i]!, FLOAT16)
  return bits
}

/**
 * Rounds numbers to bfloat16 bit patterns, once and to nearest, ties to even. What is too large
 * becomes infinite, which collections refuse.
 *
 * @param source - the numbers
 * @param target - takes the patterns; at least as long as `source`. Default: a new array
 * @returns `target`
 * @throws InvalidArgumentError when `target` is too short
 * @public
 */
export function encodeBfloat16(source: FloatSource, target?: Uint16Array): Uint16Array {
  const bits = target ?? new Uint16Array(source.length)
  checkRoom(source, bits)
  for (let i = 0; i < source.length; i++) bits[i] = encode(source[i]!, BFLOAT16)
  return bits
}

/**
 * Widens float16 bit patterns, exactly.
 *
 * @param bits - the patterns, such as the `vector` of a hit
 * @param target - takes the numbers; at least as long as `bits`. Default: a new array
 * @returns `target`
 * @throws InvalidArgumentError when `target` is too short
 * @public
 */
export function decodeFloat16(bits: Uint16Array, target?: Float32Array): Float32Array {
  const numbers = target ?? new Float32Array(bits.length)
  checkRoom(bits, numbers)
  const values = float16Table()
  for (let i = 0; i < bits.length; i++) numbers[i] = values[bits[i]!]!
  return numbers
}

/**
 * Widens bfloat16 bit patterns, exactly: they are the upper halves of float32 ones.
 *
 * @param bits - the patterns, such as the `vector` of a hit
 * @param target - takes the numbers; at least as long as `bits`. Default: a new array
 * @returns `target`
 * @throws InvalidArgumentError when `target` is too short
 * @public
 */
export function decodeBfloat16(bits: Uint16Array, target?: Float32Array): Float32Array {
  const numbers = target ?? new Float32Array(bits.length)
  checkRoom(bits, numbers)
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16
  return numbers
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

/** A typed array that is too short drops what it is given without a word. */
function checkRoom(source: ArrayLike<number>, target: Uint16Array | Float32Array): void {
  if (target.length >= source.length) return
  throw unexpected('target', `an array of at least ${source.length}`, target)
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
