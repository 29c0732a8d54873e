/**
 * The crc32c of A followed by B from those of A and B, without reading a byte again. Appending n
 * bytes multiplies a remainder by x^(8n) modulo the polynomial; with the powers x^(2^i) in a table
 * that takes one multiplication per set bit of n. The idea is that of `crc32_combine` in zlib
 * (Mark Adler). Words are reflected, as everywhere in crc32c: bit 31 is x^0, bit 0 is x^31.
 */

const POLYNOMIAL = 0x82f63b78
/** x^0. */
const ONE = 1 << 31
/** x^1. */
const X = 1 << 30
/** A byte is x^(2^3); lengths have up to 53 bits. */
const BYTE_EXPONENT = 3
const POWER_COUNT = BYTE_EXPONENT + 53

/** x^(2^i) modulo the polynomial. */
const POWERS: Int32Array = buildPowers()

/**
 * The checksum of A followed by B, in about a microsecond.
 *
 * @param a - crc32c of A
 * @param b - crc32c of B
 * @param byteLengthOfB - bytes of B, a safe integer
 * @returns an unsigned 32-bit integer
 * @internal
 */
export function combineCrc32c(a: number, b: number, byteLengthOfB: number): number {
  let factor = ONE
  let rest = byteLengthOfB
  for (let i = BYTE_EXPONENT; rest > 0; i++) {
    if (rest % 2 === 1) factor = multiply(factor, POWERS[i]!)
    rest = Math.floor(rest / 2)
  }
  return (multiply(factor, a | 0) ^ b) >>> 0
}

/** The product of two polynomials over GF(2), modulo the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0
  let term = b
  for (let rest = a; rest !== 0; rest <<= 1) {
    if (rest < 0) product ^= term
    term = (term >>> 1) ^ (POLYNOMIAL & -(term & 1))
  }
  return product
}

function buildPowers(): Int32Array {
  const powers = new Int32Array(POWER_COUNT)
  powers[0] = X
  for (let i = 1; i < POWER_COUNT; i++) powers[i] = multiply(powers[i - 1]!, powers[i - 1]!)
  return powers
}
