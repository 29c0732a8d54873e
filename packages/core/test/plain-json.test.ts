import { describe, expect, it } from 'vitest'
import { StateError } from '../src/errors.js'
import { plainJson } from '../src/plain-json.js'
import { expectOnlySluiceErrors } from './support/hostile.js'

describe('plainJson', () => {
  it('leaves what JSON knows, and writes the other numbers as text', () => {
    const value = { row: 3, name: 'a', ok: true, none: null, list: [1, 'b'] }
    expect(plainJson(value)).toEqual(value)
    expect(plainJson({ id: 2n ** 64n - 1n, value: Number.NaN, gone: undefined })).toEqual({
      id: '18446744073709551615',
      value: 'NaN',
    })
  })

  it('tells the kind of a vector, and the first entries of a long array', () => {
    expect(plainJson(new Float32Array(384))).toBe('Float32Array(384)')
    const shown = plainJson(Array.from({ length: 50 }, (_, i) => i))
    expect(shown).toHaveLength(33)
    expect(shown).toMatchObject({ 31: 31, 32: '… 18 more' })
  })

  it('has the message of an error, which JSON leaves out', () => {
    const cause = Object.assign(new TypeError('no'), { code: 'EIO' })
    const error = new StateError('SLUICE_CLOSED', 'it is closed')
    expect(plainJson([cause, error])).toEqual([
      { name: 'TypeError', code: 'EIO', message: 'no' },
      { name: 'StateError', code: 'SLUICE_CLOSED', message: 'it is closed' },
    ])
  })

  it('ends where a value holds itself', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    expect(JSON.stringify(plainJson(loop))).toContain('an object')
  })

  it('makes any value one that JSON takes, and runs no code of it', () => {
    expectOnlySluiceErrors((value) => {
      expect(JSON.stringify(plainJson({ value, list: [value] }))).toMatch(/^{.*}$/s)
    })
  })
})
