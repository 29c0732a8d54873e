/**
 * Allocator of slabs: rounds a request up to its size class and serves it from a released slab of
 * that class or from new memory under a hard limit, dropping idle memory before it refuses.
 * Invariants: a slab has at most one lease; reservedBytes = leasedBytes + idleBytes <= bytesMax.
 * One instance belongs to one thread. It knows nothing of what the bytes mean.
 */
import type { AllocateOptions, Allocator, AllocatorStats, Lease } from './allocator.js'
import { BACKING_KINDS, type BackingKind } from './backing/backing.js'
import { checkInteger } from './check.js'
import { type LeakReport, LeakTracker } from './leak-tracker.js'
import { PoolError } from './pool-error.js'
import { Prefaulter } from './prefault/prefaulter.js'
import type { Slab } from './region.js'
import { RegionStore } from './region-store.js'
import { ALIGNMENT_MAX, ALLOCATION_BYTES_MAX, sizeClassOf } from './size-classes.js'
import { SlabLease } from './slab-lease.js'

/**
 * Options of SlabAllocator.
 * @public
 */
export interface SlabAllocatorOptions {
  /** Hard limit of reserved bytes, leased and idle together. */
  readonly bytesMax: number
  /**
   * Most bytes to keep in wholly idle regions when leases are released; default `bytesMax`. What
   * reserve() made stays until it is leased or trimmed.
   */
  readonly idleBytesMax?: number
  /** Where the bytes live; default `wasm`, with `shared` in its place where the system refuses. */
  readonly backing?: BackingKind
  /**
   * Brings the pages of shared memory in, changing no byte, off the calling thread. It gets a few
   * MiB at a time. Default: a worker thread touches them.
   */
  readonly prefault?: (bytes: Uint8Array) => Promise<void>
  /** Whether leaks() knows where a lease came from; costs microseconds each. Default false. */
  readonly debug?: boolean
}

/**
 * What slabs to prepare.
 * @public
 */
export interface ReserveOptions {
  /** As in AllocateOptions: give the alignment that allocate() will be given. */
  readonly alignment?: number
  /** Stops the work. Slabs made by then stay idle. */
  readonly signal?: AbortSignal
}

/**
 * Slabs in size classes under a hard byte limit.
 * @public
 */
export class SlabAllocator implements Allocator {
  readonly bytesMax: number
  readonly #leakTracker: LeakTracker | undefined
  readonly #prefaulter: Prefaulter
  readonly #store: RegionStore
  #closed = false
  #peakLeasedBytes = 0
  #leaseCount = 0
  #allocations = 0
  #recycled = 0

  /**
   * @param options - limits, backing, debug mode
   * @throws PoolError SLUICE_INVALID_ARGUMENT
   */
  constructor(options: SlabAllocatorOptions) {
    const { bytesMax, idleBytesMax = bytesMax, backing = 'wasm', debug = false } = options
    checkInteger('bytesMax', bytesMax, 1, Number.MAX_SAFE_INTEGER)
    checkInteger('idleBytesMax', idleBytesMax, 0, Number.MAX_SAFE_INTEGER)
    if (!BACKING_KINDS.includes(backing)) {
      throw new PoolError(
        'SLUICE_INVALID_ARGUMENT',
        `backing must be one of ${BACKING_KINDS.join(', ')}, got ${String(backing)}`,
        { argument: 'backing', value: backing },
      )
    }
    this.bytesMax = bytesMax
    this.#prefaulter = new Prefaulter(options.prefault)
    this.#store = new RegionStore({
      bytesMax,
      idleBytesMax,
      backing,
      // The worker's heap may refer to what it touched.
      onDrop: () => this.#prefaulter.rest(),
    })
    this.#leakTracker = debug ? new LeakTracker() : undefined
  }

  /**
   * Leases `byteLength` bytes.
   * @param byteLength - an integer from 1 to 4 GiB
   * @param options - alignment and zeroing
   * @throws PoolError SLUICE_INVALID_ARGUMENT, SLUICE_CLOSED; SLUICE_LIMIT_EXCEEDED with details
   * `asked`, `needed`, `leased`, `reserved` and `limit` in bytes
   */
  allocate(byteLength: number, options: AllocateOptions = {}): Lease {
    const classIndex = this.#classOf(byteLength, options.alignment)
    const slab = this.#store.take(classIndex, byteLength)
    const lease = new SlabLease(slab, byteLength, this.#giveBack)
    if (slab.used) {
      this.#recycled += 1
      if (options.zero === true) lease.bytes.fill(0)
    }
    slab.used = true
    this.#leaseCount += 1
    this.#allocations += 1
    this.#peakLeasedBytes = Math.max(this.#peakLeasedBytes, this.#store.leasedBytes)
    this.#leakTracker?.add(lease, byteLength)
    return lease
  }

  /** What is leased, idle and counted so far. */
  stats(): AllocatorStats {
    const { reservedBytes, leasedBytes, backing } = this.#store
    const { kind, fallbacks, fallbackReason } = backing
    return {
      backing: kind,
      bytesMax: this.bytesMax,
      leasedBytes,
      idleBytes: reservedBytes - leasedBytes,
      reservedBytes,
      leaseCount: this.#leaseCount,
      allocations: this.#allocations,
      recycled: this.#recycled,
      fallbacks,
      ...(fallbackReason === undefined ? {} : { fallbackReason }),
      peakLeasedBytes: this.#peakLeasedBytes,
    }
  }

  /**
   * Drops every region that has no lease. The process gets the memory back when the garbage
   * collector has run; nothing but that frees a WebAssembly.Memory.
   * @returns bytes dropped
   */
  trim(): number {
    return this.#store.dropIdle(Number.POSITIVE_INFINITY)
  }

  /**
   * Brings the pages of a lease into memory, so that the first write to them does not pay for it.
   * Changes no byte and does not block the event loop: shared memory is brought in by the option
   * `prefault`, or touched on a worker thread, `heap` in slices.
   * @param lease - a lease not yet released
   * @param options - `signal` stops the work; the promise then rejects with its reason
   * @throws PoolError SLUICE_CLOSED; SLUICE_DOUBLE_RELEASE if the lease was released
   */
  async prefault(
    lease: Pick<Lease, 'bytes'>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#prefaulter.touch(lease.bytes, options.signal)
  }

  /**
   * Sees to it that at least `count` slabs for requests of `byteLength` are idle and in memory.
   * They can be leased at once, while their pages are still coming in.
   * @param byteLength - as allocate() will be given it
   * @param count - slabs, at least 0
   * @param options - alignment, abort
   * @throws PoolError as allocate() does; slabs made before the limit was met stay idle
   */
  async reserve(byteLength: number, count: number, options: ReserveOptions = {}): Promise<void> {
    checkInteger('count', count, 0, Number.MAX_SAFE_INTEGER)
    const classIndex = this.#classOf(byteLength, options.alignment)
    options.signal?.throwIfAborted()
    const freeList = this.#store.stock(classIndex, count, byteLength)
    const touched = [...freeList.coldRegions()].map(async (region) => {
      await this.#prefaulter.touch(new Uint8Array(region.buffer), options.signal)
      freeList.warm(region)
    })
    await Promise.all(touched)
  }

  /**
   * Leases that were collected without release and, once the allocator is closed, those still held.
   * Their bytes stay counted as leased, since a view of them may be in use. Always empty unless
   * `debug` is on.
   */
  leaks(): LeakReport[] {
    return this.#leakTracker?.reports(this.#closed) ?? []
  }

  /**
   * Ends the allocator: idle memory is dropped, pending prefaults reject, allocate() throws. Leases
   * stay valid and are to be released as ever. Calling it again does nothing.
   */
  async close(): Promise<void> {
    this.#closed = true
    this.trim()
    await this.#prefaulter.close()
  }

  /** Checks the arguments of a request and finds its size class. */
  #classOf(byteLength: number, alignment = 1): number {
    if (this.#closed) throw new PoolError('SLUICE_CLOSED', 'the allocator was closed')
    checkInteger('byteLength', byteLength, 1, ALLOCATION_BYTES_MAX)
    checkInteger('alignment', alignment, 1, ALIGNMENT_MAX)
    if ((alignment & (alignment - 1)) !== 0) {
      throw new PoolError(
        'SLUICE_INVALID_ARGUMENT',
        `alignment must be a power of two up to ${ALIGNMENT_MAX}, got ${alignment}`,
        { argument: 'alignment', value: alignment, max: ALIGNMENT_MAX },
      )
    }
    return sizeClassOf(byteLength, alignment)
  }

  readonly #giveBack = (slab: Slab, lease: SlabLease): void => {
    this.#leakTracker?.delete(lease)
    this.#leaseCount -= 1
    this.#store.putBack(slab)
    if (this.#closed) this.trim()
  }
}
