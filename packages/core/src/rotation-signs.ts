/**
 * The random part of the rotation of codes (docs/codes.md): signs from a counter-based generator,
 * so that they are a function of the seed and their place alone, on every machine.
 */

/** 2^32 divided by the golden ratio, odd: steps that visit every u32 and spread evenly. */
const STEP = 0x9e3779b9

/**
 * The signs of both rounds.
 *
 * @param codeDimension - `D`, a multiple of 64
 * @param seed - a u32
 * @returns `2 D` numbers, +1 or -1
 * @public
 */
export function rotationSigns(codeDimension: number, seed: number): Float32Array {
  const signs = new Float32Array(2 * codeDimension)
  let counter = mix(seed)
  for (let from = 0; from < signs.length; from += 32) {
    counter = (counter + STEP) | 0
    const word = mix(counter)
    for (let bit = 0; bit < 32; bit++) signs[from + bit] = 1 - 2 * ((word >>> bit) & 1)
  }
  return signs
}

/**
 * The finalizer of MurmurHash3 (Appleby, 2011): a bijection of u32 that mixes all bits.
 *
 * @internal
 */
export function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
