/**
 * The memory of segments: a slab each, made in order, and holes where segments were freed. A slab
 * never moves until it is freed; a freed segment never gets one again. It knows nothing of rows
 * that are claimed or sealed.
 */

import type { Allocator, Lease, SegmentView } from '../contract/index.js'
import { hasCode, InternalError, InvalidArgumentError, StateError } from '../errors.js'
import { LIMITS } from '../limits.js'
import type { Warn } from '../warning.js'
import type { SegmentLayout } from './segment-layout.js'

/** O_DIRECT wants memory that starts on a page. */
const SLAB_ALIGNMENT = LIMITS.pageBytes

/**
 * One segment in memory.
 *
 * @internal
 */
export interface Slab {
  readonly lease: Lease
  /** The whole image. */
  readonly bytes: Uint8Array
  readonly view: SegmentView
}

/**
 * The slabs of one store.
 *
 * @internal
 */
export class SegmentSlabs {
  readonly #allocator: Allocator
  readonly #layout: SegmentLayout
  readonly #warn: Warn
  /** Undefined where the segment was freed. */
  readonly #slabs: (Slab | undefined)[] = []
  readonly #freed = new Set<number>()
  /** The slab that could not be had ahead of need, so that it is not asked for all the time. */
  #refusedIndex = -1
  /** The slab that was made ahead of need. */
  #aheadIndex = -1
  #prefaultFailed = false

  constructor(allocator: Allocator, layout: SegmentLayout, warn: Warn) {
    this.#allocator = allocator
    this.#layout = layout
    this.#warn = warn
  }

  /** Segments that have a slab, or had one. */
  get count(): number {
    return this.#slabs.length
  }

  /** Freed segments. */
  get freedCount(): number {
    return this.#freed.size
  }

  /** Bytes of all slabs. */
  get memoryBytes(): number {
    return this.#leasesFrom(0).length * this.#layout.segmentBytes
  }

  /** Whether a segment was freed. */
  isFreed(index: number): boolean {
    return this.#freed.has(index)
  }

  /**
   * The slab of a segment.
   *
   * @throws InternalError for a freed one; InvalidArgumentError SLUICE_INVALID_ARGUMENT for one
   * that never was
   */
  get(index: number): Slab {
    const slab = this.#slabs[index]
    if (slab !== undefined) return slab
    if (this.#freed.has(index)) {
      throw new InternalError(`segment ${index} was asked for after it was freed`)
    }
    throw new InvalidArgumentError(
      'SLUICE_INVALID_ARGUMENT',
      `index must be below ${this.count}, got ${index}`,
      { details: { argument: 'index', expected: `below ${this.count}`, actual: index } },
    )
  }

  /**
   * Makes slabs for rows below `toRow` where there are none; all of them or none.
   *
   * @throws StateError SLUICE_LIMIT_EXCEEDED where the allocator has no memory for them
   */
  ensure(toRow: number): void {
    const first = this.count
    const count = Math.ceil(toRow / this.#layout.rowsPerSegment)
    try {
      while (this.count < count) {
        if (this.#freed.has(this.count)) this.#slabs.push(undefined)
        else this.#add()
      }
    } catch (error) {
      this.#dropFrom(first)
      throw limitErrorFrom(error, toRow)
    }
  }

  /** Brings the memory of segments from `first` on in. */
  async prefaultFrom(first: number): Promise<void> {
    for (const lease of this.#leasesFrom(first)) await this.#prefault(lease)
  }

  /** Makes the next slab before it is needed and brings its memory in, where there is any. */
  prepareNext(): void {
    const next = this.count
    if (next === this.#refusedIndex) return
    try {
      void this.#prefault(this.#add().lease)
      this.#aheadIndex = next
    } catch {
      // Not needed yet. A claim that needs it asks again, and then it is an error.
      this.#refusedIndex = next
    }
  }

  /** Says that rows of a segment were claimed: its slab is needed from now on. */
  use(index: number): void {
    if (index >= this.#aheadIndex) this.#aheadIndex = -1
  }

  /** Gives the slab back that was made ahead of need, and makes none again for that segment. */
  trim(): boolean {
    const index = this.#aheadIndex
    if (index < 0 || index !== this.count - 1) return false
    this.#aheadIndex = -1
    this.#refusedIndex = index
    this.#dropFrom(index)
    return true
  }

  /** Gives the memory of a segment back, or sees to it that it never gets any. */
  free(index: number): void {
    if (this.#freed.has(index)) return
    const slab = this.#slabs[index]
    this.#freed.add(index)
    if (slab === undefined) return
    this.#slabs[index] = undefined
    slab.lease.release()
  }

  /** Gives all memory back. Views must not be used afterwards. */
  release(): void {
    this.#dropFrom(0)
  }

  /** As at first. */
  reset(): void {
    this.release()
    this.#freed.clear()
    this.#aheadIndex = -1
  }

  #dropFrom(first: number): void {
    const leases = this.#leasesFrom(first)
    this.#slabs.length = first
    for (const lease of leases) lease.release()
  }

  #leasesFrom(first: number): Lease[] {
    return this.#slabs.slice(first).flatMap((slab) => slab?.lease ?? [])
  }

  #add(): Slab {
    const { segmentBytes, headerBytes, stride, rowsPerSegment } = this.#layout
    const lease = this.#allocator.allocate(segmentBytes, { alignment: SLAB_ALIGNMENT })
    const bytes = lease.bytes
    const end = headerBytes + rowsPerSegment * stride
    // Recycled memory holds other people's bytes, and the end of the last page goes to disk.
    bytes.fill(0, end)
    const view: SegmentView = {
      rowBase: this.count * rowsPerSegment,
      rowCapacity: rowsPerSegment,
      bytes: bytes.subarray(headerBytes, end),
    }
    const slab = { lease, bytes, view }
    this.#slabs.push(slab)
    return slab
  }

  async #prefault(lease: Lease): Promise<void> {
    try {
      await this.#allocator.prefault?.(lease)
    } catch (cause) {
      // Costs speed alone: the memory is there, and its first use brings it in. One that was given
      // back meanwhile needs none.
      if (this.#prefaultFailed || lease.released) return
      this.#prefaultFailed = true
      const message = 'memory could not be brought in ahead of use'
      this.#warn({ code: 'SLUICE_WARN_PREFAULT', message, details: { cause } })
    }
  }
}

/** Allocators are strangers with errors of their own; the code is what they share with us. */
function limitErrorFrom(cause: unknown, toRow: number): unknown {
  if (!hasCode(cause, 'SLUICE_LIMIT_EXCEEDED')) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StateError('SLUICE_LIMIT_EXCEEDED', `no memory for ${toRow} rows: ${reason}`, {
    cause,
    details: { rowCount: toRow },
  })
}
