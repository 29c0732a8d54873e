import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bigintsAsText } from '../src/bigints-as-text.js'

describe('bigintsAsText', () => {
  it('makes bigints decimal strings, in JSON alone', () => {
    const stats = bigintsAsText({ lsn: 2n ** 63n, rows: 3, inner: { rows: 4 } })
    expect(JSON.stringify(stats)).toBe('{"lsn":"9223372036854775808","rows":3,"inner":{"rows":4}}')
    expect(stats.lsn).toBe(2n ** 63n)
    expect(Object.keys(stats)).toEqual(['lsn', 'rows', 'inner'])
    expect(structuredClone({ ...stats })).toEqual(stats)
  })

  it('loses no digit', () => {
    const lsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    fc.assert(
      fc.property(lsn, (value) => {
        const { text } = JSON.parse(JSON.stringify(bigintsAsText({ text: value })))
        return BigInt(text) === value
      }),
    )
  })
})
