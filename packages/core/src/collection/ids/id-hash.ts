/**
 * 32-bit hashes of ids, keyed by a secret of the index, in u32 arithmetic (a BigInt per id would
 * cost more than the whole insert). Two words of key come from one seed.
 *
 * u64: the low word goes through the bijection `lowbias32` (C. Wellons, hash-prospector), is added
 * to the high word, and goes through its successor. So ids that differ in one word only never
 * collide, which covers sequential, strided and bit-reversed ids.
 * Strings: HalfSipHash-1-3 (Aumasson and Bernstein), made for tables under attack.
 */

/**
 * A secret of 64 bits, as two 32-bit integers.
 *
 * @internal
 */
export type HashKey = readonly [number, number]

/**
 * A key from a seed, mixed so that near seeds give unrelated keys.
 *
 * @param seed - an unpredictable u32
 * @internal
 */
export function hashKeyOf(seed: number): HashKey {
  return [mix(seed + 0x9e3779b9), mix(seed + 0x3c6ef372)]
}

/**
 * Hash of an unsigned 64-bit id.
 *
 * @param low - low word
 * @param high - high word
 * @returns 32 bits as a signed integer
 * @internal
 */
export function hashU64(low: number, high: number, key: HashKey): number {
  return mix2((mix(low ^ key[0]) + (high ^ key[1])) | 0)
}

/**
 * Hash of the bytes from `start` to `end - 1`.
 *
 * @returns 32 bits as a signed integer
 * @internal
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number, key: HashKey): number {
  let v0 = key[0]
  let v1 = key[1]
  let v2 = v0 ^ 0x6c796765
  let v3 = v1 ^ 0x74656462
  const length = end - start
  // The blocks of four bytes, the tail with the length on top, and three rounds to finish.
  const blockCount = length >>> 2
  for (let round = 0; round < blockCount + 4; round++) {
    const word = round > blockCount ? 0 : wordAt(bytes, start + 4 * round, end, length)
    if (round === blockCount + 1) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = rotate(v1, 5) ^ v0
    v0 = rotate(v0, 16)
    v2 = (v2 + v3) | 0
    v3 = rotate(v3, 8) ^ v2
    v0 = (v0 + v3) | 0
    v3 = rotate(v3, 7) ^ v0
    v2 = (v2 + v1) | 0
    v1 = rotate(v1, 13) ^ v2
    v2 = rotate(v2, 16)
    v0 ^= word
  }
  return v1 ^ v3
}

function wordAt(bytes: Uint8Array, at: number, end: number, length: number): number {
  if (at + 4 <= end) {
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  }
  let word = length << 24
  for (let i = at; i < end; i++) word |= bytes[i]! << (8 * (i - at))
  return word
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function mix(word: number): number {
  let x = word
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return x ^ (x >>> 16)
}

function mix2(word: number): number {
  let x = word
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97)
  return x ^ (x >>> 15)
}
