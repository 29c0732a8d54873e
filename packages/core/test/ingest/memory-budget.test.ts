import { describe, expect, it } from 'vitest'
import { StateError } from '../../src/errors.js'
import { MemoryBudget, memoryRefusalOf } from '../../src/ingest/memory-budget.js'

describe('MemoryBudget', () => {
  it('adds up what is in use by kind, and keeps the peak', () => {
    const budget = new MemoryBudget({ bytesMax: 100 })
    budget.take('leased', 50)
    budget.take('alive', 2)
    budget.take('queue', 40)
    expect(budget.fits(8)).toBe(true)
    expect(budget.fits(9)).toBe(false)
    budget.giveBack('queue', 40)
    expect(budget.stats()).toEqual({
      bytesMax: 100,
      usedBytes: 52,
      leasedBytes: 50,
      aliveBytes: 2,
      queueBytes: 0,
      usedBytesPeak: 92,
    })
  })

  it('gives up idle memory only when it would pass the bound together with what is used', () => {
    let idleBytes = 30
    const idle = {
      stats: () => ({ idleBytes }),
      trim: () => {
        idleBytes = 0
      },
    }
    const budget = new MemoryBudget({ bytesMax: 100, idle })
    budget.take('leased', 70)
    expect(idleBytes).toBe(30)
    budget.take('queue', 1)
    expect(idleBytes).toBe(0)
  })

  it('tells who watches what kind of bytes came back', () => {
    const budget = new MemoryBudget({ bytesMax: 100 })
    const kinds: string[] = []
    budget.watch((kind) => kinds.push(kind))
    budget.take('leased', 5)
    budget.giveBack('leased', 5)
    expect(kinds).toEqual(['leased'])
  })

  it('says in a refusal what was asked for, what is in use and what to raise', () => {
    const budget = new MemoryBudget({ bytesMax: 100 })
    budget.take('leased', 60)
    budget.take('queue', 30)
    const refusal = budget.refusal(11)
    expect(refusal).toBeInstanceOf(StateError)
    expect(refusal).toMatchObject({
      name: 'StateError',
      code: 'SLUICE_LIMIT_EXCEEDED',
      retryable: true,
      details: { asked: 11, used: 90, max: 100, leased: 60, queue: 30, alive: 0 },
    })
    expect(refusal.message).toMatch(/^memory: 11 bytes asked for, 90 in use \(60 .* 30 .* 0 /)
    expect(refusal.message).toContain('raise `memoryBytesMax`')
  })

  it('names the allocator when it refused though the bound would not', () => {
    const budget = new MemoryBudget({ bytesMax: 100 })
    const cause = new Error('all is lent')
    const refusal = budget.refusal(10, cause)
    expect(refusal.message).toContain('the allocator refused: all is lent')
    expect(refusal.cause).toBe(cause)
  })

  it('finds a refusal behind other errors, and nothing in errors without one', () => {
    const refusal = new MemoryBudget({ bytesMax: 1 }).refusal(2)
    const wrapped = new Error('rows', { cause: new Error('slab', { cause: refusal }) })
    expect(memoryRefusalOf(wrapped)).toBe(refusal)
    expect(memoryRefusalOf(new StateError('SLUICE_LIMIT_EXCEEDED', 'x'))).toBe(undefined)
    const circle = new Error('circle')
    circle.cause = circle
    expect(memoryRefusalOf(circle)).toBe(undefined)
    expect(memoryRefusalOf(undefined)).toBe(undefined)
  })
})
