/**
 * The compute seam, the part about memory: regions, which are memory that kernels know by number,
 * and advice to the system about pages. Types only.
 *
 * A query touches lists in many slabs and rows in many segments. Handing over all those typed
 * arrays would cost more than a list's work, so each slab is registered once and then named by a
 * handle.
 */

/**
 * Memory that is registered with a {@link KernelProvider}, which holds it until `release`: a region
 * that nobody releases is never collected.
 *
 * @public
 */
export interface MemoryRegion {
  /**
   * A u32 that names the region to the kernels of its provider, in the thread that made it; never
   * 0. The handle of a released region never names another one.
   */
  readonly handle: number
  /** Bytes of the region, fixed when it was made. */
  readonly byteLength: number
  /**
   * Lets go of the memory; kernels refuse the handle from now on.
   *
   * @throws an error with code `SLUICE_CLOSED` when called a second time
   */
  release(): void
}

/**
 * Rows to be copied together.
 *
 * @public
 */
export interface GatherTask {
  /** A region for each segment, holding its packed rows from the first on. */
  readonly segments: Uint32Array
  /** Row r is row `r % rowsPerSegment` of segment `floor(r / rowsPerSegment)`. */
  readonly rowsPerSegment: number
  /** Row numbers, in any order. */
  readonly rows: Uint32Array
  /** Bytes of a row. */
  readonly stride: number
  /** Room for the rows, packed, exactly; in none of the segments. */
  readonly target: Uint8Array
}

/**
 * Kernels on registered memory. Each one checks handle and offsets before it changes anything, and
 * refuses a region whose memory was detached or shrunk since.
 *
 * @public
 */
export interface MemoryKernels {
  /**
   * Registers memory. Where it can be detached or shrunk (anything but a SharedArrayBuffer or
   * shared WebAssembly.Memory), it is looked at anew in every call that names it.
   *
   * @throws an error with code `SLUICE_INVALID_ARGUMENT` for anything but a Uint8Array, and
   * `SLUICE_LIMIT_EXCEEDED` when there are `LIMITS.regionsMax`
   */
  region(bytes: Uint8Array): MemoryRegion
  /**
   * Copies `target.byteLength` bytes of a region, from byte `offset` on. The least a kernel can do
   * with a handle: it shows that handles work as promised.
   *
   * @throws an error with code `SLUICE_INVALID_ARGUMENT`; nothing is copied then
   */
  readRegion(handle: number, offset: number, target: Uint8Array): void
  /**
   * Copies rows, wherever they lie.
   *
   * @throws an error with code `SLUICE_INVALID_ARGUMENT`; nothing is copied then
   */
  gatherRows(task: GatherTask): void
  /** What the provider can ask of the operating system; absent where it can ask nothing. */
  readonly memory?: MemoryHelpers
}

/**
 * Advice about pages. None of it changes a byte.
 *
 * @public
 */
export interface MemoryHelpers {
  /**
   * Asks for huge pages for the whole pages within `bytes`, best before their first use.
   *
   * @returns whether the system took the advice; it may still give small pages
   */
  adviseHugePages(bytes: Uint8Array): boolean
  /**
   * Brings the pages of `bytes` in, so that their first use does not wait for it. Shared memory is
   * brought in off the event loop, other memory in short turns of it. It may be written to
   * meanwhile.
   *
   * @throws an error with code `SLUICE_INVALID_ARGUMENT` when memory is detached or shrinks before
   * all of it is in
   */
  prefault(bytes: Uint8Array): Promise<void>
  /**
   * Moves what shared memory holds into huge pages, off the event loop, as far as the system can:
   * reads that jump about in it are faster then. It may be read and written meanwhile. Memory that
   * is not shared is left as it is.
   *
   * @throws an error with code `SLUICE_INVALID_ARGUMENT`
   */
  collapse(bytes: Uint8Array): Promise<void>
  /**
   * How far past a multiple of `alignment` the first byte lies in memory, in bytes.
   *
   * @param alignment - a power of two up to 2^30
   */
  addressOffset(bytes: Uint8Array, alignment: number): number
}
