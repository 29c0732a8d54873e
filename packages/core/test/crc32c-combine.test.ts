import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combineCrc32c } from '../src/crc32c-combine.js'
import { crc32c } from '../src/kernels/scalar/crc32c.js'

const u32 = fc.nat(0xffffffff)
const longLength = fc.integer({ min: 0, max: 2 ** 52 })

describe('combineCrc32c', () => {
  it('gives the checksum of both parts together', () => {
    const whole = new TextEncoder().encode('123456789')
    const [a, b] = [whole.subarray(0, 4), whole.subarray(4)]
    // The check value of CRC-32C (RFC 3720 names the polynomial; "123456789" is the usual input).
    expect(combineCrc32c(crc32c(a), crc32c(b), 5)).toBe(0xe3069283)
  })

  it('agrees with reading the bytes, wherever they are parted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3000), (whole, at) => {
        const a = whole.subarray(0, at)
        const b = whole.subarray(at)
        expect(combineCrc32c(crc32c(a), crc32c(b), b.length)).toBe(crc32c(whole))
      }),
    )
  })

  it('knows long runs of zeros, which nobody has to read', () => {
    const zeros = new Uint8Array(1 << 20)
    const a = crc32c(Uint8Array.of(1, 2, 3))
    let expected = a
    for (let i = 0; i < 5; i++) expected = crc32c(zeros, expected)
    expect(combineCrc32c(a, crc32c(new Uint8Array(5 << 20)), 5 << 20)).toBe(expected)
  })

  it('does not depend on the order in which parts are put together, up to 2^53 bytes', () => {
    const parts = fc.tuple(u32, u32, u32)
    fc.assert(
      fc.property(parts, longLength, longLength, ([a, b, c], lengthB, lengthC) => {
        const left = combineCrc32c(combineCrc32c(a, b, lengthB), c, lengthC)
        const right = combineCrc32c(a, combineCrc32c(b, c, lengthC), lengthB + lengthC)
        expect(left).toBe(right)
      }),
    )
  })
})
