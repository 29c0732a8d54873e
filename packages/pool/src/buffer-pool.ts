/**
 * Buffers for I/O that outlives the call. Each has holders: whoever leased it, and every I/O in
 * flight that retained it. The bytes go back to the allocator when the last holder has released,
 * never before; each holder has a lease of its own, so a second release by one cannot end the hold
 * of another. How many idle bytes are kept is the allocator's limit.
 */
import type { AllocateOptions, Allocator, Lease } from './allocator.js'
import { type LeakReport, LeakTracker } from './leak-tracker.js'
import { failReleased } from './slab-lease.js'

/**
 * Options of BufferPool.
 * @public
 */
export interface BufferPoolOptions {
  /**
   * Where the bytes come from. Its limits bound the pool: `bytesMax`, and of a SlabAllocator
   * `idleBytesMax`.
   */
  readonly allocator: Pick<Allocator, 'allocate'>
  /** Whether leaks() knows where a lease was made; costs microseconds per lease. Default false. */
  readonly debug?: boolean
}

/**
 * A snapshot of a buffer pool.
 * @public
 */
export interface BufferPoolStats {
  /** Buffers that have a holder. */
  readonly bufferCount: number
  /** Bytes of those buffers, as asked for. */
  readonly heldBytes: number
  /** Leases not yet released, retained ones included. */
  readonly holderCount: number
  /** lease() calls that succeeded so far. */
  readonly leases: number
  /** retain() calls so far. */
  readonly retains: number
}

/**
 * One holder's right to the bytes of a buffer.
 * @public
 */
export interface BufferLease extends Lease {
  /**
   * Makes another holder of the same bytes, with a release of its own.
   * @throws PoolError SLUICE_DOUBLE_RELEASE if this lease was released
   */
  retain(): BufferLease
}

/** A leased buffer and how many leases hold it. */
interface HeldBuffer {
  readonly lease: Lease
  readonly bytes: Uint8Array
  holderCount: number
}

/**
 * Reference-counted buffers on an allocator.
 * @public
 */
export class BufferPool {
  readonly #allocator: Pick<Allocator, 'allocate'>
  readonly #leakTracker: LeakTracker | undefined
  #bufferCount = 0
  #heldBytes = 0
  #holderCount = 0
  #leases = 0
  #retains = 0

  /** @param options - the allocator, debug mode */
  constructor(options: BufferPoolOptions) {
    this.#allocator = options.allocator
    this.#leakTracker = options.debug === true ? new LeakTracker() : undefined
  }

  /**
   * Leases a buffer.
   * @param byteLength - an integer from 1 to 4 GiB
   * @param options - alignment and zeroing
   * @throws PoolError as the allocator does
   */
  lease(byteLength: number, options: AllocateOptions = {}): BufferLease {
    const lease = this.#allocator.allocate(byteLength, options)
    this.#leases += 1
    this.#bufferCount += 1
    this.#heldBytes += byteLength
    return this.#hold({ lease, bytes: lease.bytes, holderCount: 0 })
  }

  /** What is held and counted so far. */
  stats(): BufferPoolStats {
    return {
      bufferCount: this.#bufferCount,
      heldBytes: this.#heldBytes,
      holderCount: this.#holderCount,
      leases: this.#leases,
      retains: this.#retains,
    }
  }

  /**
   * Leases that were collected without release. Their bytes stay held. Always empty unless `debug`
   * is on.
   */
  leaks(): LeakReport[] {
    return this.#leakTracker?.reports(false) ?? []
  }

  #hold(buffer: HeldBuffer): BufferLease {
    const lease = new HolderLease(buffer, this.#onRetain, this.#onRelease)
    buffer.holderCount += 1
    this.#holderCount += 1
    this.#leakTracker?.add(lease, buffer.bytes.length)
    return lease
  }

  readonly #onRetain = (buffer: HeldBuffer): BufferLease => {
    this.#retains += 1
    return this.#hold(buffer)
  }

  readonly #onRelease = (buffer: HeldBuffer, lease: HolderLease): void => {
    this.#leakTracker?.delete(lease)
    buffer.holderCount -= 1
    this.#holderCount -= 1
    if (buffer.holderCount > 0) return
    this.#bufferCount -= 1
    this.#heldBytes -= buffer.bytes.length
    buffer.lease.release()
  }
}

class HolderLease implements BufferLease {
  readonly byteLength: number
  readonly shared: boolean
  readonly #onRetain: (buffer: HeldBuffer) => BufferLease
  readonly #onRelease: (buffer: HeldBuffer, lease: HolderLease) => void
  #buffer: HeldBuffer | undefined

  constructor(
    buffer: HeldBuffer,
    onRetain: (buffer: HeldBuffer) => BufferLease,
    onRelease: (buffer: HeldBuffer, lease: HolderLease) => void,
  ) {
    this.byteLength = buffer.bytes.length
    this.shared = buffer.lease.shared
    this.#buffer = buffer
    this.#onRetain = onRetain
    this.#onRelease = onRelease
  }

  get bytes(): Uint8Array {
    return (this.#buffer ?? failReleased('used', this.byteLength)).bytes
  }

  get released(): boolean {
    return this.#buffer === undefined
  }

  retain(): BufferLease {
    return this.#onRetain(this.#buffer ?? failReleased('retained', this.byteLength))
  }

  release(): void {
    const buffer = this.#buffer ?? failReleased('released', this.byteLength)
    this.#buffer = undefined
    this.#onRelease(buffer, this)
  }
}
