import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'

/** Bit by bit, from the definition. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1 ? 0x82f63b78 : 0) ^ (crc >>> 1)
  }
  return ~crc >>> 0
}

describe('crc32c', () => {
  it('gives the check value of the polynomial', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  })

  it('gives the examples of RFC 3720, B.4', () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    expect(crc32c(ascending)).toBe(0x46dd794e)
    expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c)
  })

  it('is the seed for no bytes', () => {
    expect(crc32c(new Uint8Array(0))).toBe(0)
    expect(crc32c(new Uint8Array(0), 0xfedcba98)).toBe(0xfedcba98)
  })

  it('agrees with the bit-by-bit definition at every length and offset', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(20), (bytes, from) => {
        const part = bytes.subarray(Math.min(from, bytes.length))
        return crc32c(part) === slowCrc32c(part)
      }),
    )
  })

  it('chains at any cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), (bytes, cut) => {
        const chained = crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))
        return chained === crc32c(bytes)
      }),
    )
  })

  it('reads shared memory', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(100)).fill(7)
    expect(crc32c(bytes)).toBe(slowCrc32c(bytes))
  })
})
