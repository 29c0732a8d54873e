import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ALIGNMENT_MAX,
  ALLOCATION_BYTES_MAX,
  classBytes,
  regionSlabCount,
  sizeClassOf,
  unitSlabCount,
} from '../src/size-classes.js'

const KIB = 1024
const MIB = 1024 * KIB

/** Byte lengths of every magnitude, with the edges of classes among them. */
const byteLengths = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 31 }), fc.double({ min: 1, max: 2, noNaN: true }))
    .map(([power, factor]) => Math.max(1, Math.floor(2 ** power * factor))),
  fc
    .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: -1, max: 1 }))
    .map(([index, offset]) => classBytes(index) + offset),
)
const alignments = fc.integer({ min: 0, max: Math.log2(ALIGNMENT_MAX) }).map((power) => 2 ** power)

describe('size classes', () => {
  it('are four per doubling from 4 KiB', () => {
    const sizes = Array.from({ length: 13 }, (_, index) => classBytes(index) / KIB)
    expect(sizes).toEqual([4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32])
  })

  it('round a request up to the next class', () => {
    expect(classBytes(sizeClassOf(1))).toBe(4 * KIB)
    expect(classBytes(sizeClassOf(4 * KIB))).toBe(4 * KIB)
    expect(classBytes(sizeClassOf(4 * KIB + 1))).toBe(5 * KIB)
    expect(classBytes(sizeClassOf(64 * MIB))).toBe(64 * MIB)
    expect(classBytes(sizeClassOf(64 * MIB + 1))).toBe(64 * MIB + 64 * KIB)
    expect(classBytes(sizeClassOf(ALLOCATION_BYTES_MAX))).toBe(ALLOCATION_BYTES_MAX)
  })

  it('choose a class whose slabs are all aligned', () => {
    expect(classBytes(sizeClassOf(4 * KIB + 1, 4096))).toBe(8 * KIB)
    expect(classBytes(sizeClassOf(4 * KIB + 1, 2048))).toBe(6 * KIB)
    expect(classBytes(sizeClassOf(1, 65_536))).toBe(64 * KIB)
  })

  it('hold the request, are aligned, and are the smallest class that does both', () => {
    fc.assert(
      fc.property(byteLengths, alignments, (byteLength, alignment) => {
        const index = sizeClassOf(byteLength, alignment)
        expect(classBytes(index)).toBeGreaterThanOrEqual(byteLength)
        expect(classBytes(index) % alignment).toBe(0)
        for (let smaller = Math.max(0, index - 20); smaller < index; smaller += 1) {
          const fits = classBytes(smaller) >= byteLength && classBytes(smaller) % alignment === 0
          expect(fits).toBe(false)
        }
      }),
    )
  })

  it('grow with their index, and the index with the request', () => {
    fc.assert(
      fc.property(byteLengths, byteLengths, (a, b) => {
        const [small, large] = a < b ? [a, b] : [b, a]
        expect(sizeClassOf(small)).toBeLessThanOrEqual(sizeClassOf(large))
        expect(classBytes(sizeClassOf(small) + 1)).toBeGreaterThan(classBytes(sizeClassOf(small)))
      }),
    )
  })

  it('are found again from their own size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), (index) => {
        expect(sizeClassOf(classBytes(index))).toBe(index)
      }),
    )
  })

  it('waste at most a fifth above 4 KiB', () => {
    fc.assert(
      fc.property(byteLengths, (byteLength) => {
        fc.pre(byteLength > 4 * KIB)
        const bytes = classBytes(sizeClassOf(byteLength))
        expect((bytes - byteLength) / bytes).toBeLessThanOrEqual(0.2)
      }),
    )
  })

  it('fill regions of whole 64 KiB pages: small ones of 1 to 2 MiB, large ones of one slab', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), (index) => {
        const bytes = classBytes(index)
        const count = regionSlabCount(index)
        expect((bytes * unitSlabCount(index)) % (64 * KIB)).toBe(0)
        expect(count % unitSlabCount(index)).toBe(0)
        expect(count * bytes).toBeGreaterThanOrEqual(MIB)
        if (bytes >= MIB) expect(count).toBe(1)
        else expect(count * bytes).toBeLessThan(2 * MIB)
      }),
    )
  })
})
