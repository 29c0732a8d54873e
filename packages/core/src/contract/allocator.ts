/** The memory seam: where slabs, tables and blocks come from. Types only. */

/**
 * Asks of one allocation.
 *
 * @public
 */
export interface AllocateOptions {
  /** A power of two; the first byte lies on a multiple of it within its buffer. Default 64. */
  readonly alignment?: number
  /** Whether every byte must be zero; recycled memory is arbitrary otherwise. Default false. */
  readonly zero?: boolean
}

/**
 * Memory on loan. Exactly one `release` ends it; a second one throws.
 *
 * @public
 */
export interface Lease {
  /** Exactly the bytes asked for. Throws after `release`. */
  readonly bytes: Uint8Array
  /** Bytes asked for. */
  readonly byteLength: number
  /** Whether the memory can be read by other threads (SharedArrayBuffer or shared WASM memory). */
  readonly shared: boolean
  /** Whether `release` was called. */
  readonly released: boolean
  /** Gives the memory back. */
  release(): void
}

/**
 * What an allocator has handed out and holds, in bytes.
 *
 * @public
 */
export interface AllocatorStats {
  /** The backing in use: `wasm`, `shared`, `heap`, or a stranger's name. */
  readonly backing: string
  /** The hard limit. */
  readonly bytesMax: number
  /** Bytes on loan. */
  readonly leasedBytes: number
  /** Bytes held for re-use. */
  readonly idleBytes: number
  /** Loans not yet released. */
  readonly leaseCount: number
  /** Why another backing than the one asked for serves some of the memory, if so. */
  readonly fallbackReason?: string
}

/**
 * A source of memory with a hard byte limit.
 *
 * @public
 */
export interface Allocator {
  /** The hard limit, in bytes. */
  readonly bytesMax: number
  /**
   * Lends `byteLength` bytes.
   *
   * @param byteLength - an integer, 1 or more
   * @throws an error with code `SLUICE_LIMIT_EXCEEDED` when the limit would be passed; any error,
   * with nothing lent, for a `byteLength` that is no such integer, and for an
   * `alignment` that is no power of two
   */
  allocate(byteLength: number, options?: AllocateOptions): Lease
  /**
   * Brings the pages of a lease into memory without blocking the event loop, where an allocator
   * can. Changes no byte and may run beside any use of the lease, even past its release.
   */
  prefault?(lease: Lease): Promise<void>
  /** What is on loan and idle. */
  stats(): AllocatorStats
}
