import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIds } from '../../../src/collection/ids/id-input.js'
import { packedItem } from '../../../src/packed-bytes.js'
import { expectOnlySluiceErrors } from '../../support/hostile.js'
import { growableBuffer, resizableBuffer, resize } from '../../support/resizable.js'

function stringsOf(input: readonly string[]): string[] {
  const batch = parseIds(input, undefined)
  if (batch.kind !== 'string') throw new Error('no string ids')
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  return Array.from({ length: batch.count }, (_, i) => decoder.decode(packedItem(batch, i)))
}

function numbersOf(input: unknown, count?: number): bigint[] {
  const batch = parseIds(input, count)
  if (batch.kind !== 'u64') throw new Error('no u64 ids')
  expect(batch.words.length).toBe(2 * batch.count)
  return [...new BigUint64Array(batch.words.slice().buffer)]
}

describe('parseIds', () => {
  it('takes numbers, bigints and both together', () => {
    expect(numbersOf([0, -0, 7, 2 ** 53 - 1, 2n ** 64n - 1n, 5n])).toEqual([
      0n,
      0n,
      7n,
      2n ** 53n - 1n,
      2n ** 64n - 1n,
      5n,
    ])
    expect(numbersOf([])).toEqual([])
  })

  it('copies a BigUint64Array, so that later changes do not reach the log', () => {
    const ids = BigUint64Array.of(1n, 2n, 3n)
    const batch = parseIds(ids, 3)
    ids[1] = 2n ** 33n
    expect(batch).toMatchObject({ kind: 'u64', count: 3, words: Uint32Array.of(1, 0, 2, 0, 3, 0) })
  })

  it('copies one whose buffer could shrink, and takes a shared one', () => {
    const buffer = resizableBuffer(16, 32)
    const ids = new BigUint64Array(buffer)
    ids.set([1n, 2n])
    const batch = parseIds(ids, 2)
    resize(buffer, 0)
    expect(batch).toMatchObject({ words: Uint32Array.of(1, 0, 2, 0) })
    expect(() => parseIds(new BigUint64Array(buffer, 0, 0), 2)).toThrow('that is 2, got 0')
    const shared = new BigUint64Array(growableBuffer(16, 32))
    shared[1] = 9n
    expect(numbersOf(shared)).toEqual([0n, 9n])
  })

  it('refuses one whose buffer is gone', () => {
    const ids = new BigUint64Array(2)
    structuredClone(ids.buffer, { transfer: [ids.buffer] })
    expect(() => parseIds(ids, 2)).toThrow('detached')
    const buffer = resizableBuffer(16, 32)
    const fixed = new BigUint64Array(buffer, 0, 2)
    resize(buffer, 8)
    expect(() => parseIds(fixed, 2)).toThrow('become too short')
  })

  it('names the row of a bad id, what it should be and what it is', () => {
    const messageOf = (ids: unknown): string => {
      try {
        parseIds(ids, undefined)
      } catch (error) {
        expect(error).toMatchObject({ code: 'SLUICE_INVALID_ARGUMENT', details: { row: 1 } })
        return (error as Error).message
      }
      return 'no error'
    }
    const range = 'expected an integer from 0 to 2^53 - 1, or a bigint'
    expect(messageOf([1, -1])).toBe(`ids: row 1: ${range}, got -1`)
    expect(messageOf([1, 1.5])).toBe(`ids: row 1: ${range}, got 1.5`)
    expect(messageOf([1, 2 ** 53])).toBe(`ids: row 1: ${range}, got 9007199254740992`)
    expect(messageOf([1, 2n ** 64n])).toContain('expected an integer from 0 to 2^64 - 1, got 18446')
    expect(messageOf([1, 'a'])).toBe('ids: row 1: expected a bigint or number, like row 0, got "a"')
    expect(messageOf(['a', 1])).toBe('ids: row 1: expected a string, like row 0, got 1')
    expect(messageOf(['a', ''])).toBe('ids: row 1: expected 1 to 512 bytes of UTF-8, got ""')
    expect(messageOf(['a', 'é'.repeat(257)])).toContain('expected 1 to 512 bytes of UTF-8')
    expect(messageOf(['a', 'x'.repeat(513)])).toContain('(513 characters)')
    expect(messageOf(['a', 'x\ud800y'])).toContain('expected well-formed Unicode')
    expect(messageOf(['a', 'x\udc00'])).toContain('expected well-formed Unicode')
    const holes = [1]
    holes.length = 2
    expect(messageOf(holes)).toContain('got undefined')
  })

  it('names the number of ids expected and given', () => {
    expect(() => parseIds([1, 2], 3)).toThrow('ids: expected one per row, that is 3, got 2')
    expect(() => parseIds(new BigUint64Array(4), 3)).toThrow('that is 3, got 4')
    expect(() => parseIds(new Array(2 ** 20 + 1), undefined)).toThrow('at most 1048576')
  })

  it('refuses other types, other typed arrays too', () => {
    for (const input of [null, undefined, 5, 'abc', {}, new Set([1]), new BigInt64Array(1)]) {
      expect(() => parseIds(input, undefined)).toThrow(
        expect.objectContaining({ code: 'SLUICE_INVALID_ARGUMENT' }),
      )
    }
  })

  it('accepts strings of exactly 512 bytes', () => {
    const ids = ['x'.repeat(512), 'é'.repeat(256), '😀'.repeat(128), '\ufeff\0']
    expect(stringsOf(ids)).toEqual(ids)
  })

  it('encodes all well-formed strings as UTF-8, and refuses all others', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (ids) => {
        expect(stringsOf(ids)).toEqual(ids)
      }),
    )
    const units = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd700, max: 0xe000 })), {
      minLength: 1,
    })
    fc.assert(
      fc.property(units, (codes) => {
        const id = String.fromCharCode(...codes)
        if (!/\p{Surrogate}/u.test(id)) expect(stringsOf([id])).toEqual([id])
        else expect(() => parseIds([id], 1)).toThrow('well-formed')
      }),
    )
  })

  it('keeps every u64', () => {
    const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    fc.assert(
      fc.property(fc.array(id), (ids) => {
        expect(numbersOf(ids, ids.length)).toEqual(ids)
        expect(numbersOf(BigUint64Array.from(ids))).toEqual(ids)
      }),
    )
  })

  it('throws typed errors only', () => {
    expectOnlySluiceErrors((value) => parseIds(value, undefined))
  })
})
