import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HashKey, hashBytes, hashKeyOf, hashU64 } from '../../../src/collection/ids/id-hash.js'

/** The key of the published vectors: bytes 0 to 7. */
const REFERENCE_KEY: HashKey = [0x03020100, 0x07060504]

describe('hashBytes', () => {
  it('is HalfSipHash-1-3: agrees with the vectors of the Linux kernel (lib/test_siphash.c)', () => {
    const vectors = [
      0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65,
      0x9d38d9d6,
    ]
    const bytes = Uint8Array.from({ length: 8 }, (_, i) => i)
    const hashes = vectors.map((_, length) => hashBytes(bytes, 0, length, REFERENCE_KEY) >>> 0)
    expect(hashes).toEqual(vectors)
  })

  it('depends on the bytes of the range only', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (before, bytes, after) => {
        const padded = Uint8Array.of(...before, ...bytes, ...after)
        const start = before.length
        expect(hashBytes(padded, start, start + bytes.length, REFERENCE_KEY)).toBe(
          hashBytes(bytes, 0, bytes.length, REFERENCE_KEY),
        )
      }),
    )
  })
})

describe('hashU64', () => {
  it('has no collisions among ids that differ in one word only', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(0xffffffff), fc.nat(0xffffffff), (seed, low, high) => {
        const key = hashKeyOf(seed)
        const hashes = new Set<number>()
        for (let i = 0; i < 500; i++) hashes.add(hashU64(low ^ i, high, key))
        expect(hashes.size).toBe(500)
        for (let i = 1; i < 500; i++) hashes.add(hashU64(low, high ^ i, key))
        expect(hashes.size).toBeGreaterThan(990)
      }),
    )
  })

  it('changes about half of the bits when one bit of the id changes', () => {
    const key = hashKeyOf(1)
    for (let bit = 0; bit < 64; bit++) {
      const flipLow = bit < 32 ? 1 << bit : 0
      const flipHigh = bit < 32 ? 0 : 1 << (bit - 32)
      let changed = 0
      for (let i = 0; i < 1000; i++) {
        const difference = hashU64(i, i * 7, key) ^ hashU64(i ^ flipLow, (i * 7) ^ flipHigh, key)
        changed += difference.toString(2).replaceAll(/[^1]/g, '').length
      }
      expect(changed / 1000).toBeGreaterThan(5)
    }
    expect(hashU64(1, 2, hashKeyOf(1))).not.toBe(hashU64(1, 2, hashKeyOf(2)))
  })
})
