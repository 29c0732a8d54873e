import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocatorSuite } from '../../src/conformance/allocator.js'
import type { Allocator, Lease } from '../../src/contract/index.js'
import { BudgetedAllocator } from '../../src/database/budgeted-allocator.js'
import { MemoryBudget, MemoryRefusal } from '../../src/ingest/memory-budget.js'

const MIB = 1024 * 1024

allocatorSuite({
  runner: { describe, it },
  fc,
  name: 'under a budget',
  create: async () => {
    const inner = new SlabAllocator({ bytesMax: 16 * MIB, backing: 'heap' })
    const budget = new MemoryBudget({ bytesMax: 16 * MIB, idle: inner })
    return { allocator: new BudgetedAllocator({ inner, budget }), dispose: () => inner.close() }
  },
})

function makeAllocator(bytesMax: number): {
  inner: SlabAllocator
  budget: MemoryBudget
  allocator: BudgetedAllocator
} {
  const inner = new SlabAllocator({ bytesMax: 64 * MIB, backing: 'heap' })
  const budget = new MemoryBudget({ bytesMax })
  return { inner, budget, allocator: new BudgetedAllocator({ inner, budget }) }
}

describe('BudgetedAllocator', () => {
  it('counts what the allocator lends, which may be more than was asked for', () => {
    const { inner, budget, allocator } = makeAllocator(MIB)
    const lease = allocator.allocate(5000)
    expect(inner.stats().leasedBytes).toBe(5120)
    expect(budget.stats().leasedBytes).toBe(5120)
    lease.release()
    expect(budget.usedBytes).toBe(0)
    expect(() => lease.release()).toThrow(
      expect.objectContaining({ code: 'SLUICE_DOUBLE_RELEASE' }),
    )
    expect(budget.usedBytes).toBe(0)
  })

  it('refuses at the bound, also when only the rounding up passes it, and leaks nothing', () => {
    const { inner, budget, allocator } = makeAllocator(5100)
    expect(() => allocator.allocate(5101)).toThrow(MemoryRefusal)
    expect(inner.stats().allocations).toBe(0)
    expect(() => allocator.allocate(5000)).toThrow(MemoryRefusal)
    expect(inner.stats().leaseCount).toBe(0)
    expect(budget.usedBytes).toBe(0)
    expect(allocator.allocate(4096).byteLength).toBe(4096)
  })

  it('makes the refusal of the allocator a refusal of memory', () => {
    const inner = new SlabAllocator({ bytesMax: 64 * 1024, backing: 'heap' })
    const budget = new MemoryBudget({ bytesMax: MIB })
    const allocator = new BudgetedAllocator({ inner, budget })
    expect(() => allocator.allocate(100_000)).toThrow(
      expect.objectContaining({
        code: 'SLUICE_LIMIT_EXCEEDED',
        details: expect.objectContaining({ asked: 100_000, used: 0, max: MIB }),
        message: expect.stringContaining('the allocator refused'),
      }),
    )
  })

  it('passes other errors of an allocator on as they are', () => {
    const inner: Allocator = {
      bytesMax: MIB,
      allocate: () => {
        throw new TypeError('broken')
      },
      stats: () => ({ backing: 'x', bytesMax: MIB, leasedBytes: 0, idleBytes: 0, leaseCount: 0 }),
    }
    const allocator = new BudgetedAllocator({ inner, budget: new MemoryBudget({ bytesMax: MIB }) })
    expect(() => allocator.allocate(1)).toThrow(TypeError)
    expect(allocator.prefault).toBe(undefined)
  })

  it('lets slabs of rows pay for a bit per row', () => {
    const { budget, allocator } = makeAllocator(MIB)
    const lease = allocator.forSlabs(8192).allocate(65_536, { alignment: 4096 })
    expect(budget.stats()).toMatchObject({ leasedBytes: 65_536, aliveBytes: 1024 })
    lease.release()
    expect(budget.stats()).toMatchObject({ leasedBytes: 0, aliveBytes: 0 })
    const { allocator: tight } = makeAllocator(65_536)
    expect(() => tight.forSlabs(8192).allocate(65_536)).toThrow(MemoryRefusal)
  })

  it('gives an allocator its own leases to bring in', async () => {
    const seen: Lease[] = []
    const { inner, budget } = makeAllocator(MIB)
    const lent: Lease[] = []
    const spy: Allocator = {
      bytesMax: inner.bytesMax,
      allocate: (byteLength, options) => {
        const lease = inner.allocate(byteLength, options)
        lent.push(lease)
        return lease
      },
      prefault: async (lease) => void seen.push(lease),
      stats: () => inner.stats(),
    }
    const allocator = new BudgetedAllocator({ inner: spy, budget })
    await allocator.prefault?.(allocator.allocate(4096))
    expect(seen).toEqual(lent)
  })
})
