import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMetadata, encodeMetadata } from '../../../src/collection/rows/metadata-codec.js'
import { LIMITS } from '../../../src/limits.js'
import { packedItem } from '../../../src/packed-bytes.js'
import { expectOnlySluiceErrors } from '../../support/hostile.js'

function roundTrip(value: Record<string, unknown>): Record<string, unknown> {
  const packed = encodeMetadata([value], 1)
  return decodeMetadata(packedItem(packed!, 0))
}

function errorOf(value: unknown): { code: string; message: string } {
  try {
    encodeMetadata([undefined, value], 2)
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('nothing was thrown')
}

const FORBIDDEN = ['__proto__', 'constructor', 'prototype']
const text = fc.string({ unit: 'binary', maxLength: 20 })
const key = text.filter((name) => !FORBIDDEN.includes(name))

const { tree } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.double().map((value) => value + 0),
    fc.maxSafeInteger().map((value) => value + 0),
    text,
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 20 }),
  ),
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

describe('encodeMetadata and decodeMetadata', () => {
  it('give back every kind of value, with its class', () => {
    const row = {
      nothing: null,
      yes: true,
      integer: -5,
      large: 2 ** 53,
      real: 1.5,
      odd: [Number.NaN, Infinity, -Infinity],
      text: 'é😀',
      wide: [2n ** 64n - 1n, -(2n ** 63n), 0n],
      when: new Date('1900-01-02T03:04:05.678Z'),
      bytes: Uint8Array.of(1, 2, 3),
      nested: { list: [{ a: [] }, {}], '': 1 },
    }
    const decoded = roundTrip(row)
    expect(decoded).toStrictEqual(row)
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype)
  })

  it('give back all plain data exactly', () => {
    fc.assert(
      fc.property(fc.dictionary(key, tree, { noNullPrototype: true }), (row) => {
        expect(roundTrip(row as Record<string, unknown>)).toStrictEqual(row)
      }),
      { numRuns: 300 },
    )
  })

  it('leave out undefined members, turn -0 into 0, and a Buffer into a Uint8Array', () => {
    expect(roundTrip({ a: undefined, b: 1 })).toStrictEqual({ b: 1 })
    expect(Object.is(roundTrip({ a: -0 })['a'], 0)).toBe(true)
    expect(roundTrip({ a: Buffer.from([1]) })).toStrictEqual({ a: Uint8Array.of(1) })
    expect(roundTrip(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 })
    expect(roundTrip({ toJSON: 1 })).toStrictEqual({ toJSON: 1 })
  })

  it('share nothing between two decodings, or with the input', () => {
    const input = { bytes: Uint8Array.of(1), list: [1], when: new Date(5) }
    const packed = encodeMetadata([input], 1)!
    input.bytes[0] = 9
    input.list.push(9)
    const first = decodeMetadata(packedItem(packed, 0)) as typeof input
    expect(first.bytes.buffer.byteLength).toBe(1)
    first.bytes[0] = 7
    first.list.push(7)
    first.when.setTime(7)
    expect(decodeMetadata(packedItem(packed, 0))).toStrictEqual({
      bytes: Uint8Array.of(1),
      list: [1],
      when: new Date(5),
    })
  })

  it('have no bytes for rows without metadata, and nothing when all are without', () => {
    const packed = encodeMetadata([null, {}, undefined, { a: 1 }], 4)!
    const lengths = [0, 1, 2, 3].map((row) => packedItem(packed, row).length)
    expect(lengths).toEqual([0, 1, 0, 4])
    expect(decodeMetadata(packedItem(packed, 1))).toStrictEqual({})
    expect(encodeMetadata([null, undefined], 2)).toBeUndefined()
    expect(encodeMetadata(undefined, 3)).toBeUndefined()
  })

  it('refuse another number of rows', () => {
    expect(() => encodeMetadata([{}], 2)).toThrow('expected one per row, that is 2, got 1')
    expect(() => encodeMetadata({}, 1)).toThrow('expected an array of objects')
  })

  it('name the row and the path of what is no plain data', () => {
    class Point {
      x = 1
    }
    expect(errorOf({ a: [1, { b: () => 1 }] })).toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
      message: 'metadata: row 1 at .a[1].b: expected plain data, got a function',
    })
    for (const value of [
      Symbol('s'),
      new Point(),
      new Map(),
      new Date(Number.NaN),
      new Float32Array(1),
      2n ** 64n,
      'x\ud800',
      [undefined],
      new Array(2),
      Object.assign([1], { extra: 1 }),
      new Proxy({}, {}),
      { [Symbol('s')]: 1 },
      { 'x\udc00': 1 },
    ]) {
      expect(errorOf({ a: value })).toMatchObject({
        code: 'SLUICE_INVALID_ARGUMENT',
        message: expect.stringContaining('metadata: row 1 at .a'),
      })
    }
    for (const root of [5, 'a', [], new Date(), new Point(), true, new Proxy({}, {})]) {
      expect(errorOf(root).message).toContain('metadata: row 1: expected a plain object')
    }
  })

  it('refuse keys that reach a prototype', () => {
    for (const name of FORBIDDEN) {
      const value = JSON.parse(`{"a": {"${name}": {"polluted": true}}}`)
      expect(errorOf(value).message).toContain(`no key "${name}"`)
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('never call an accessor', () => {
    let calls = 0
    const value = {
      get a() {
        calls += 1
        return 1
      },
    }
    const list = Object.defineProperty([1], '0', Object.getOwnPropertyDescriptor(value, 'a')!)
    expect(errorOf(value).message).toContain('row 1 at .a: expected no accessor')
    expect(errorOf({ list }).message).toContain('row 1 at .list[0]: expected no accessor')
    expect(calls).toBe(0)
  })

  it('take the depth of the limit and not one level more', () => {
    const nest = (levels: number): Record<string, unknown> =>
      levels === 1 ? {} : { a: nest(levels - 1) }
    expect(roundTrip(nest(LIMITS.metadataDepthMax))).toStrictEqual(nest(LIMITS.metadataDepthMax))
    expect(errorOf(nest(LIMITS.metadataDepthMax + 1))).toMatchObject({
      code: 'SLUICE_LIMIT_EXCEEDED',
      message: expect.stringContaining('nested deeper than 32 levels'),
    })
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    expect(errorOf(circular).message).toBe(
      'metadata: row 1 at .self: circular: this is the whole row again',
    )
    const a = { list: [1, {}] }
    a.list.push({ deep: { back: a } })
    expect(errorOf({ a })).toMatchObject({
      message: 'metadata: row 1 at .a.list[2].deep.back: circular: this is .a again',
      details: { path: '.a.list[2].deep.back' },
    })
    const twice = { n: 1 }
    expect(roundTrip({ a: twice, b: [twice, twice] })).toEqual({ a: twice, b: [twice, twice] })
  })

  it('take the bytes of the limit and not one more, and end early on what would be huge', () => {
    const text = 'x'.repeat(LIMITS.metadataBytesMax - 6)
    expect(roundTrip({ a: text })).toStrictEqual({ a: text })
    expect(errorOf({ a: `${text}x` })).toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(errorOf({ a: 'é'.repeat(40_000) })).toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(errorOf({ a: new Uint8Array(10 ** 8) })).toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(errorOf({ a: new Array(2 ** 32 - 1) })).toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    // Twenty levels that name the next one ten times each: 10^20 nodes.
    let shared: unknown = 1
    for (let level = 0; level < 20; level++) shared = new Array(10).fill(shared)
    expect(errorOf({ shared })).toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
  })

  it('throw typed errors only', () => {
    expectOnlySluiceErrors((value) => encodeMetadata(value, 1))
    expectOnlySluiceErrors((value) => encodeMetadata([value], 1))
    expectOnlySluiceErrors((value) => encodeMetadata([{ value }], 1))
  })
})
