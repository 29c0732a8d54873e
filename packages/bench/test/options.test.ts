import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type OptionTable, parseOptions } from '../src/options.js'
import { UsageError } from '../src/usage-error.js'

const TABLE: OptionTable = {
  rows: { value: 'n', fallback: '10', help: 'rows' },
  kind: { value: 'kind', fallback: 'a', help: 'kind' },
  json: { value: 'file', help: 'file' },
  quick: { help: 'flag' },
}

describe('parseOptions', () => {
  it('fills in fallbacks', () => {
    const values = parseOptions(TABLE, [])
    expect(values.integer('rows', 1, 100)).toBe(10)
    expect(values.flag('quick')).toBe(false)
    expect(values.text('json')).toBeUndefined()
    expect(values.toJSON()).toEqual({ rows: '10', kind: 'a', quick: false })
  })

  it('takes what is given', () => {
    const values = parseOptions(TABLE, ['--rows', '1e2', '--kind=b', '--quick', '--json', 'x.json'])
    expect(values.integer('rows', 1, 100)).toBe(100)
    expect(values.choice('kind', ['a', 'b'])).toBe('b')
    expect(values.flag('quick')).toBe(true)
    expect(values.text('json')).toBe('x.json')
  })

  it.each([[['--nonsense']], [['--rows']], [['word']], [['--quick=yes']], [['--json', '--quick']]])(
    'refuses %j',
    (argv) => {
      expect(() => parseOptions(TABLE, argv)).toThrow(UsageError)
    },
  )

  it.each([
    ['1k', 1000],
    ['10k', 10_000],
    ['1.5M', 1_500_000],
    ['1.1M', 1_100_000],
    ['2G', 2e9],
    ['1e6', 1_000_000],
  ])('reads the count %s', (text, count) => {
    const values = parseOptions(TABLE, [`--rows=${text}`])
    expect(values.integer('rows', 1, 1e10)).toBe(count)
    expect(values.integers('rows', 1, 1e10)).toEqual([count])
  })

  it('reads any count of thousands, millions and thousands of millions', () => {
    const units = fc.constantFrom(['k', 3] as const, ['M', 6] as const, ['G', 9] as const)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), units, (count, [unit, digits]) => {
        const whole = Math.floor(count / 10 ** digits)
        const rest = `${count % 10 ** digits}`.padStart(digits, '0')
        const values = parseOptions(TABLE, [`--rows=${whole}.${rest}${unit}`])
        expect(values.integer('rows', 0, 2 ** 31)).toBe(count)
      }),
    )
  })

  it.each(['', ' ', '0', '101', '1.5', 'ten', '-1', 'NaN', 'Infinity', 'k', '1m', '1.5.5k', '1k0'])(
    'refuses %j where an integer from 1 to 100 belongs',
    (text) => {
      const values = parseOptions(TABLE, [`--rows=${text}`])
      expect(() => values.integer('rows', 1, 100)).toThrow(
        `--rows takes an integer from 1 to 100, got '${text}'`,
      )
    },
  )

  it.each([
    ['0', 0],
    ['0.25', 0.25],
    ['1', 1],
  ])('reads the number %s', (text, number) => {
    expect(parseOptions(TABLE, [`--rows=${text}`]).number('rows', 0, 1)).toBe(number)
  })

  it.each(['', '-0.1', '1.1', 'half', 'NaN'])('refuses %j where 0 to 1 belongs', (text) => {
    const values = parseOptions(TABLE, [`--rows=${text}`])
    expect(() => values.number('rows', 0, 1)).toThrow(
      `--rows takes a number from 0 to 1, got '${text}'`,
    )
  })

  it('refuses a choice that is not offered, and names those that are', () => {
    const values = parseOptions(TABLE, ['--kind', 'c'])
    expect(() => values.choice('kind', ['a', 'b'])).toThrow("one of a, b; got 'c'")
  })

  it.each([
    ['c,a', ['a', 'c']],
    [' b , b', ['b']],
    ['all', ['a', 'b', 'c']],
  ])('takes %j for some of a, b, c, in their order', (text, chosen) => {
    const values = parseOptions(TABLE, ['--kind', text])
    expect(values.choices('kind', ['a', 'b', 'c'])).toEqual(chosen)
  })

  it.each(['', 'a,', 'all,a', 'd'])('refuses %j where some of a, b, c belong', (text) => {
    const values = parseOptions(TABLE, ['--kind', text])
    expect(() => values.choices('kind', ['a', 'b', 'c'])).toThrow('--kind takes one of a, b, c')
  })

  it('takes integers, each once, ascending', () => {
    const values = parseOptions(TABLE, ['--rows', '10, 2,1e1,3'])
    expect(values.integers('rows', 1, 10)).toEqual([2, 3, 10])
  })

  it.each(['', '1,', '1,11', '1;2'])('refuses %j where integers from 1 to 10 belong', (text) => {
    const values = parseOptions(TABLE, ['--rows', text])
    expect(() => values.integers('rows', 1, 10)).toThrow('--rows takes an integer from 1 to 10')
  })

  it('answers any words with values or a UsageError', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (argv) => {
        try {
          parseOptions(TABLE, argv)
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
    )
  })
})
