import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasAlive, nextAlive, nextDead } from '../../../src/collection/rows/alive-words.js'

describe('alive words', () => {
  it('names the next alive and the next dead row', () => {
    const words = Uint32Array.of(0b1100, 0, 1)
    expect(nextAlive(words, 0, 96)).toBe(2)
    expect(nextDead(words, 2, 96)).toBe(4)
    expect(nextAlive(words, 4, 96)).toBe(64)
    expect(nextAlive(words, 4, 60)).toBe(60)
    expect(nextAlive(words, 65, 96)).toBe(96)
    expect(nextAlive(new Uint32Array(0), 0, 10)).toBe(10)
    expect(nextDead(new Uint32Array(0), 3, 10)).toBe(3)
  })

  it('agrees with looking at every bit', () => {
    const words = fc.uint32Array({ maxLength: 5 })
    // Words without or full of alive rows are rare among random ones.
    const runs = fc.array(fc.constantFrom(0, 0xffffffff, 1, 0x80000000), { maxLength: 6 })
    const bits = fc.oneof(
      words,
      runs.map((values) => Uint32Array.from(values)),
    )
    fc.assert(
      fc.property(bits, fc.nat(200), fc.nat(200), (mask, from, length) => {
        const to = from + length
        const isAlive = (row: number): boolean =>
          (((mask[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 1
        const next = (alive: boolean): number => {
          let row = from
          while (row < to && isAlive(row) !== alive) row++
          return row
        }
        expect(nextAlive(mask, from, to)).toBe(next(true))
        expect(nextDead(mask, from, to)).toBe(next(false))
        expect(hasAlive(mask)).toBe(mask.some((word) => word !== 0))
      }),
    )
  })
})
