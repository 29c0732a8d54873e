import { describe, expect, it } from 'vitest'
import { render } from '../src/render.js'
import { expectOnlySluiceErrors } from './support/hostile.js'

describe('render', () => {
  it('is short and tells what kind of value it was', () => {
    expect(render('abc')).toBe('"abc"')
    expect(render('x'.repeat(50))).toBe(`"${'x'.repeat(40)}"… (50 characters)`)
    expect(render(-0)).toBe('-0')
    expect(render(12n)).toBe('12n')
    expect(render(1n << 4000n)).toBe('a huge bigint')
    expect(render([1, 2])).toBe('an array of 2')
    expect(render(Buffer.alloc(3))).toBe('Uint8Array(3)')
    expect(render(new Float32Array(4))).toBe('Float32Array(4)')
    expect(render(new Proxy([], {}))).toBe('a Proxy')
    expect(render(new Date())).toBe('a Date')
    expect(render(null)).toBe('null')
    expect(render(undefined)).toBe('undefined')
  })

  it('runs no code of the value', () => {
    let calls = 0
    const count = (): never => {
      calls += 1
      throw new Error('called')
    }
    const tagged = Object.defineProperties(new Map(), {
      [Symbol.toStringTag]: { get: count },
      constructor: { get: count },
      toString: { get: count },
    })
    expect(render(tagged)).toBe('a Map')
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(render(proxy)).toBe('a Proxy')
    expect(calls).toBe(0)
  })

  it('never throws and stays short', () => {
    expectOnlySluiceErrors((value) => expect(render(value).length).toBeLessThan(300))
  })
})
