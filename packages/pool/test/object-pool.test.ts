import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ObjectPool } from '../src/index.js'

interface Scratch {
  rows: number[]
}

function scratchPool(capacity: number): ObjectPool<Scratch> {
  return new ObjectPool<Scratch>({
    create: () => ({ rows: [] }),
    reset: (scratch) => {
      scratch.rows.length = 0
    },
    capacity,
  })
}

describe('ObjectPool', () => {
  it('gives a released object out again, reset', () => {
    const pool = scratchPool(2)
    const first = pool.acquire()
    first.rows.push(7)
    pool.release(first)
    const second = pool.acquire()
    expect(second).toBe(first)
    expect(second.rows).toEqual([])
    expect(pool.stats()).toEqual({ idle: 0, created: 1, reused: 1, discarded: 0 })
  })

  it('lets go of what is released beyond its capacity', () => {
    const pool = scratchPool(1)
    const [a, b] = [pool.acquire(), pool.acquire()]
    pool.release(a)
    pool.release(b)
    expect(pool.stats()).toEqual({ idle: 1, created: 2, reused: 0, discarded: 1 })
    expect(pool.acquire()).toBe(a)
  })

  it('refuses a second release and stays usable', () => {
    const pool = scratchPool(2)
    const object = pool.acquire()
    pool.release(object)
    expect(() => pool.release(object)).toThrow(
      expect.objectContaining({ code: 'SLUICE_DOUBLE_RELEASE' }),
    )
    expect(pool.acquire()).toBe(object)
    expect(pool.acquire()).not.toBe(object)
  })

  it('does not keep an object whose reset throws', () => {
    const pool = new ObjectPool({
      create: () => ({}),
      reset: () => {
        throw new Error('cannot be reset')
      },
      capacity: 4,
    })
    const object = pool.acquire()
    expect(() => pool.release(object)).toThrow('cannot be reset')
    expect(pool.stats()).toEqual({ idle: 0, created: 1, reused: 0, discarded: 1 })
  })

  it.each([-1, 1.5, Number.NaN, '3'])('refuses a capacity of %s', (capacity) => {
    expect(() => scratchPool(capacity as number)).toThrow(
      expect.objectContaining({ code: 'SLUICE_INVALID_ARGUMENT' }),
    )
  })

  it('never has two users for one object nor more idle ones than its capacity', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }),
        fc.array(fc.option(fc.nat(), { nil: undefined })),
        (capacity, steps) => {
          const pool = scratchPool(capacity)
          const used: Scratch[] = []
          for (const step of steps) {
            if (step === undefined || used.length === 0) {
              const object = pool.acquire()
              expect(used).not.toContain(object)
              expect(object.rows).toEqual([])
              object.rows.push(1)
              used.push(object)
            } else {
              for (const object of used.splice(step % used.length, 1)) pool.release(object)
            }
            const { idle, created, discarded } = pool.stats()
            expect(idle).toBeLessThanOrEqual(capacity)
            expect(created).toBe(used.length + idle + discarded)
          }
        },
      ),
    )
  })
})
