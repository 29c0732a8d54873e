/**
 * The shape of an allocator: what the rest of Sluice asks of memory. Types only.
 * Whoever holds a lease owns its bytes until it calls release().
 */
import type { BackingKind } from './backing/backing.js'

/**
 * The right to use some bytes, until released.
 * @public
 */
export interface Lease {
  /**
   * A view of exactly `byteLength` bytes; the same object on every read. Its buffer is larger and
   * serves other leases.
   * @throws PoolError SLUICE_DOUBLE_RELEASE once released: using the bytes after release is a bug.
   */
  readonly bytes: Uint8Array
  /** Bytes asked for. */
  readonly byteLength: number
  /** Whether `bytes.buffer` is a SharedArrayBuffer, which worker threads can see. */
  readonly shared: boolean
  /** Whether release() was called. */
  readonly released: boolean
  /**
   * Gives the bytes back. The caller must not touch a view it kept: another lease may own the bytes
   * by then.
   * @throws PoolError SLUICE_DOUBLE_RELEASE when called a second time
   */
  release(): void
}

/**
 * How the bytes of an allocation must be.
 * @public
 */
export interface AllocateOptions {
  /**
   * A power of two up to 65,536; default 1. The view starts at a multiple of it within its buffer.
   * Up to 4,096 that also holds for the address on the `wasm` backing (a WebAssembly.Memory starts
   * on a page), as O_DIRECT demands; the other backings promise nothing about addresses.
   */
  readonly alignment?: number
  /** Whether the bytes must read as zero; default false: those of a recycled slab are arbitrary. */
  readonly zero?: boolean
}

/**
 * A snapshot of an allocator. Bytes count whole size classes, not the bytes asked for.
 * @public
 */
export interface AllocatorStats {
  /** The backing asked for. */
  readonly backing: BackingKind
  /** Hard limit of `reservedBytes`. */
  readonly bytesMax: number
  /** Bytes of the slabs leased now. */
  readonly leasedBytes: number
  /** Bytes of the slabs ready to be leased. */
  readonly idleBytes: number
  /** leasedBytes + idleBytes. */
  readonly reservedBytes: number
  /** Leases not yet released. */
  readonly leaseCount: number
  /** Successful allocate() calls so far. */
  readonly allocations: number
  /** Those of them that got a slab which had been leased before. */
  readonly recycled: number
  /** Regions that another backing than the one asked for had to serve. */
  readonly fallbacks: number
  /** Why, where fallbacks is not 0. */
  readonly fallbackReason?: string
  /** The most leasedBytes has been. */
  readonly peakLeasedBytes: number
}

/**
 * Hands out bytes under a hard limit.
 * @public
 */
export interface Allocator {
  /** Hard limit of the bytes reserved, leased and idle together. */
  readonly bytesMax: number
  /**
   * @param byteLength - an integer from 1 to 4 GiB
   * @param options - alignment and zeroing
   * @throws PoolError SLUICE_INVALID_ARGUMENT, SLUICE_LIMIT_EXCEEDED, SLUICE_CLOSED
   */
  allocate(byteLength: number, options?: AllocateOptions): Lease
  /** What is leased, idle and counted so far. */
  stats(): AllocatorStats
}
