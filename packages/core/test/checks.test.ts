import { describe, expect, it } from 'vitest'
import { checkInteger, checkName, checkOptions, checkSignal, readInput } from '../src/checks.js'
import { InvalidArgumentError, SluiceError } from '../src/errors.js'
import { expectOnlySluiceErrors } from './support/hostile.js'

function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof SluiceError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'no error'
}

describe('readInput', () => {
  it('passes typed errors and wraps all others, hostile ones too', () => {
    const typed = new InvalidArgumentError('SLUICE_NON_FINITE_VECTOR', 'row 1')
    const raise = (error: unknown) => () =>
      readInput('ids', () => {
        throw error
      })
    expect(raise(typed)).toThrow(typed)
    expect(codeOf(raise(new TypeError('boom')))).toBe(
      'SLUICE_INVALID_ARGUMENT: ids could not be read: "boom"',
    )
    const trap = new Proxy({}, { getPrototypeOf: () => raise(1)() })
    expect(codeOf(raise(trap))).toBe('SLUICE_INVALID_ARGUMENT: ids could not be read: a Proxy')
  })
})

describe('checkInteger', () => {
  it('names the argument, the range and the value', () => {
    expect(checkInteger('k', 3, 1, 10)).toBe(3)
    expect(codeOf(() => checkInteger('k', 0, 1, 10))).toBe(
      'SLUICE_INVALID_ARGUMENT: k: expected an integer from 1 to 10, got 0',
    )
    for (const value of [1.5, Number.NaN, '3', 3n, null, undefined, 11]) {
      expect(codeOf(() => checkInteger('k', value, 1, 10))).toContain('SLUICE_INVALID_ARGUMENT')
    }
  })
})

describe('checkOptions', () => {
  it('takes known options and leaves out undefined ones', () => {
    expect(checkOptions('options', undefined, ['a'])).toEqual({})
    expect(checkOptions('options', { a: 1, b: undefined }, ['a', 'b'])).toEqual({ a: 1 })
  })

  it('lists the options there are when one is unknown', () => {
    expect(codeOf(() => checkOptions('options', { durabilty: 1 }, ['durability', 'signal']))).toBe(
      'SLUICE_INVALID_ARGUMENT: options: unknown option "durabilty"; there are durability, signal',
    )
  })

  it('refuses what is no object, and ignores what was inherited', () => {
    for (const value of [null, 1, 'a', [], new Uint8Array(1), () => 1]) {
      expect(codeOf(() => checkOptions('options', value, ['a']))).toContain('expected an object')
    }
    expect(checkOptions('options', Object.create({ a: 1 }), ['a'])).toEqual({})
  })

  it('reads each option once', () => {
    let reads = 0
    const value = {
      get a() {
        reads += 1
        return reads
      },
    }
    expect(checkOptions('options', value, ['a']).a).toBe(1)
    expect(reads).toBe(1)
  })

  it('throws typed errors only', () => {
    expectOnlySluiceErrors((value) => checkOptions('o', value, ['a']))
  })
})

describe('checkSignal', () => {
  it('takes signals and nothing that only looks like one', () => {
    const { signal } = new AbortController()
    expect(checkSignal(signal)).toBe(signal)
    expect(checkSignal(undefined)).toBeUndefined()
    for (const value of [null, {}, { aborted: false }, Object.create(AbortSignal.prototype)]) {
      expect(codeOf(() => checkSignal(value))).toContain('SLUICE_INVALID_ARGUMENT')
    }
    expectOnlySluiceErrors((value) => checkSignal(value))
  })
})

describe('checkName', () => {
  it('takes names that are safe everywhere', () => {
    for (const name of ['a', 'docs', '0', 'a.b-c_d', 'x'.repeat(128)]) {
      expect(checkName(name)).toBe(name)
    }
  })

  it('refuses names that could leave the directory, and all else', () => {
    const names = ['', '.', '..', '../x', '/x', 'a/b', 'a\\b', '-a', '_a', 'é', 'a b', 'a\n', 'a\0']
    for (const name of [...names, 'x'.repeat(129), 5, null, ['a']]) {
      expect(codeOf(() => checkName(name))).toContain('SLUICE_INVALID_NAME')
    }
    expectOnlySluiceErrors((value) => checkName(value))
  })
})
