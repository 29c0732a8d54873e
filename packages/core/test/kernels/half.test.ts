import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  float16Table,
} from '../../src/kernels/half.js'

const ALL_BITS = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)

const FORMATS = [
  { name: 'float16', encode: encodeFloat16, decode: decodeFloat16, infinity: 0x7c00 },
  { name: 'bfloat16', encode: encodeBfloat16, decode: decodeBfloat16, infinity: 0x7f80 },
] as const

describe.each(FORMATS)('$name', ({ encode, decode, infinity }) => {
  const values = new Float32Array(65_536)
  decode(ALL_BITS, values)

  const encodeOne = (value: number): number => {
    const target = new Uint16Array(1)
    encode([value], target)
    return target[0]!
  }

  it('gives back every bit pattern but those of NaN', () => {
    const back = new Uint16Array(65_536)
    encode(values, back)
    const isNaNBits = (bits: number): boolean => (bits & 0x7fff) > infinity
    expect(ALL_BITS.filter((bits) => !isNaNBits(bits) && back[bits] !== bits)).toHaveLength(0)
    expect(ALL_BITS.filter((bits) => isNaNBits(bits) !== Number.isNaN(values[bits]))).toHaveLength(
      0,
    )
    expect((encodeOne(Number.NaN) & 0x7fff) > infinity).toBe(true)
  })

  it('makes an array where none is given, and gives back the one that is', () => {
    const target = new Uint16Array(3)
    const bits = encode([1, -2], target)
    expect(bits).toBe(target)
    expect([...encode(Float32Array.of(1, -2))]).toEqual([...bits.subarray(0, 2)])
    expect([...decode(encode([1, -2]))]).toEqual([1, -2])
    const numbers = new Float32Array(3)
    expect(decode(bits, numbers)).toBe(numbers)
    expect([...numbers]).toEqual([1, -2, 0])
  })

  it('refuses a target that is too short', () => {
    const message = /target: expected an array of at least 2/
    expect(() => encode([1, 2], new Uint16Array(1))).toThrow(message)
    expect(() => decode(new Uint16Array(2), new Float32Array(1))).toThrow(message)
  })

  it('decodes to ascending values', () => {
    for (let bits = 1; bits <= infinity; bits++)
      expect(values[bits]! > values[bits - 1]!).toBe(true)
  })

  it('rounds what lies between two neighbours to the nearer, and ties to the even', () => {
    for (let bits = 0; bits < infinity - 1; bits++) {
      const low = values[bits]!
      const high = values[bits + 1]!
      const middle = low / 2 + high / 2
      const even = bits % 2 === 0 ? bits : bits + 1
      const ulp = middle * 2 ** -52
      const results = [middle - ulp, middle, middle + ulp].map(encodeOne)
      if (results.join() !== [bits, even, bits + 1].join()) {
        expect.fail(`${results} for the middle of ${bits} and the next`)
      }
    }
  })

  it('rounds to infinity from half a step beyond the largest value on', () => {
    const largest = values[infinity - 1]!
    const limit = largest + (largest - values[infinity - 2]!) / 2
    expect(encodeOne(limit)).toBe(infinity)
    expect(encodeOne(limit * (1 - 2 ** -52))).toBe(infinity - 1)
    expect(encodeOne(-Number.MAX_VALUE)).toBe(infinity | 0x8000)
    expect(encodeOne(Number.POSITIVE_INFINITY)).toBe(infinity)
  })

  it('keeps the sign, and rounds what is too small to a signed zero', () => {
    expect([0, -0, Number.MIN_VALUE, -Number.MIN_VALUE].map(encodeOne)).toEqual([
      0, 0x8000, 0, 0x8000,
    ])
  })

  it('is symmetric and monotonic', () => {
    const finite = fc.double({ noNaN: true })
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [small, large] = [
          Math.min(Math.abs(a), Math.abs(b)),
          Math.max(Math.abs(a), Math.abs(b)),
        ]
        return (
          encodeOne(small) <= encodeOne(large) && encodeOne(-small) === (encodeOne(small) | 0x8000)
        )
      }),
    )
  })
})

describe('float16Table', () => {
  it('knows the landmarks of the format', () => {
    const table = float16Table()
    expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400].map((bits) => table[bits])).toEqual([
      1,
      -2,
      65_504,
      2 ** -24,
      2 ** -14,
    ])
  })
})

describe('encoding from float64', () => {
  it('rounds once: a value that float32 would first round to a tie', () => {
    const target = new Uint16Array(1)
    encodeFloat16(Float64Array.of(1 + 2 ** -11 + 2 ** -40), target)
    expect(target[0]).toBe(0x3c01)
    encodeFloat16(Float64Array.of(1 + 2 ** -11), target)
    expect(target[0]).toBe(0x3c00)
  })
})
