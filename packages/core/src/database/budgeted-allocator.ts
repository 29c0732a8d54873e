/**
 * Puts any allocator under the memory bound of a database: what it lends counts, and what it or
 * the bound refuses is the same typed error to a caller, whoever lends.
 */

import type { AllocateOptions, Allocator, AllocatorStats, Lease } from '../contract/index.js'
import { hasCode } from '../errors.js'
import type { MemoryBudget } from '../ingest/memory-budget.js'

/**
 * What a {@link BudgetedAllocator} is made of.
 *
 * @internal
 */
export interface BudgetedAllocatorOptions {
  /** Who lends. */
  readonly inner: Allocator
  readonly budget: MemoryBudget
  /** Bytes of alive bits that every lease counts for beside its own. Default 0. */
  readonly aliveBytes?: number
}

/**
 * An allocator whose leases count towards a {@link MemoryBudget}.
 *
 * @internal
 */
export class BudgetedAllocator implements Allocator {
  readonly bytesMax: number
  /** There where the inner allocator has it. */
  readonly prefault?: (lease: Lease) => Promise<void>
  readonly #inner: Allocator
  readonly #budget: MemoryBudget
  readonly #aliveBytes: number

  constructor(options: BudgetedAllocatorOptions) {
    const { inner, budget, aliveBytes = 0 } = options
    this.#inner = inner
    this.#budget = budget
    this.#aliveBytes = aliveBytes
    this.bytesMax = Math.min(inner.bytesMax, budget.bytesMax)
    if (!inner.prefault) return
    this.prefault = async (lease) => inner.prefault?.(innerOf(lease))
  }

  /**
   * The same for slabs of rows: each takes room for their alive bits with it, so that a row that
   * has found a place can always become visible.
   */
  forSlabs(rowsPerSegment: number): BudgetedAllocator {
    const aliveBytes = Math.ceil(rowsPerSegment / 8)
    return new BudgetedAllocator({ inner: this.#inner, budget: this.#budget, aliveBytes })
  }

  /**
   * Lends memory.
   *
   * @throws MemoryRefusal when the allocator or the budget has no more
   */
  allocate(byteLength: number, options?: AllocateOptions): Lease {
    const aliveBytes = this.#aliveBytes
    const budget = this.#budget
    if (!budget.fits(byteLength + aliveBytes)) throw budget.refusal(byteLength + aliveBytes)
    const before = this.#inner.stats().leasedBytes
    const lease = this.#lease(byteLength, options)
    // An allocator may lend more than was asked for.
    const lentBytes = Math.max(byteLength, this.#inner.stats().leasedBytes - before)
    if (!budget.fits(lentBytes + aliveBytes)) {
      lease.release()
      throw budget.refusal(lentBytes + aliveBytes)
    }
    budget.take('alive', aliveBytes)
    budget.take('leased', lentBytes)
    return new BudgetedLease(lease, () => {
      budget.giveBack('alive', aliveBytes)
      budget.giveBack('leased', lentBytes)
    })
  }

  /** See {@link Allocator.stats}. */
  stats(): AllocatorStats {
    return { ...this.#inner.stats(), bytesMax: this.bytesMax }
  }

  #lease(byteLength: number, options: AllocateOptions | undefined): Lease {
    try {
      return this.#inner.allocate(byteLength, options)
    } catch (error) {
      if (!hasCode(error, 'SLUICE_LIMIT_EXCEEDED')) throw error
      throw this.#budget.refusal(byteLength + this.#aliveBytes, error)
    }
  }
}

/** A lease that counts until it is released. */
class BudgetedLease implements Lease {
  readonly inner: Lease
  readonly #onRelease: () => void

  constructor(inner: Lease, onRelease: () => void) {
    this.inner = inner
    this.#onRelease = onRelease
  }

  get bytes(): Uint8Array {
    return this.inner.bytes
  }

  get byteLength(): number {
    return this.inner.byteLength
  }

  get shared(): boolean {
    return this.inner.shared
  }

  get released(): boolean {
    return this.inner.released
  }

  /** Throws on the second call, as the inner lease does, before anything is counted twice. */
  release(): void {
    this.inner.release()
    this.#onRelease()
  }
}

/** An allocator must be given its own leases. */
function innerOf(lease: Lease): Lease {
  return lease instanceof BudgetedLease ? lease.inner : lease
}
