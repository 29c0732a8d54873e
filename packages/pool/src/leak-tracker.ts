/**
 * Finds leases that nobody released: remembers where each was allocated, and learns from a
 * FinalizationRegistry when one is collected. It never throws from a finalizer, and frees nothing:
 * a view of a collected lease may still be in use. Recording a stack costs microseconds, hence
 * debug only.
 */

/**
 * A lease that was not released.
 * @public
 */
export interface LeakReport {
  /** Bytes asked for. */
  readonly byteLength: number
  /** Stack trace of the allocation. */
  readonly allocatedAt: string
  /**
   * `collected`: garbage now, so nobody can release it; `outstanding`: still held although its pool
   * was closed.
   */
  readonly state: 'collected' | 'outstanding'
}

interface Entry {
  readonly byteLength: number
  readonly allocatedAt: string
  collected: boolean
}

/**
 * Record of the live leases of one pool.
 * @internal
 */
export class LeakTracker {
  readonly #entries = new Set<Entry>()
  readonly #entryOf = new WeakMap<object, Entry>()
  readonly #registry = new FinalizationRegistry<Entry>((entry) => {
    entry.collected = true
  })

  /**
   * @param lease - what must be released one day
   * @param byteLength - bytes of it
   */
  add(lease: object, byteLength: number): void {
    const allocatedAt = new Error('allocated here').stack ?? ''
    const entry: Entry = { byteLength, allocatedAt, collected: false }
    this.#entries.add(entry)
    this.#entryOf.set(lease, entry)
    this.#registry.register(lease, entry, lease)
  }

  /** @param lease - a lease released now */
  delete(lease: object): void {
    const entry = this.#entryOf.get(lease)
    if (entry === undefined) return
    this.#entries.delete(entry)
    this.#registry.unregister(lease)
  }

  /** @param outstanding - whether to report the leases that are still held, too */
  reports(outstanding: boolean): LeakReport[] {
    const reports: LeakReport[] = []
    for (const { byteLength, allocatedAt, collected } of this.#entries) {
      if (!collected && !outstanding) continue
      reports.push({ byteLength, allocatedAt, state: collected ? 'collected' : 'outstanding' })
    }
    return reports
  }
}
