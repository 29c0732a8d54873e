/**
 * Memory registered with a kernel provider, by slot: a slot whose memory has changed is registered
 * anew. What is registered is held, so slots must be dropped when their memory is given back.
 */

import type { KernelProvider, MemoryRegion } from '../contract/index.js'

/** What is registered in a slot. */
interface Slot {
  readonly bytes: Uint8Array
  readonly region: MemoryRegion
}

/**
 * Regions by number.
 *
 * @internal
 */
export class RegionSlots {
  readonly #kernels: KernelProvider
  readonly #slots: (Slot | undefined)[] = []

  constructor(kernels: KernelProvider) {
    this.#kernels = kernels
  }

  /**
   * The handle of the memory in a slot.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` when there are too many regions
   */
  handleOf(index: number, bytes: Uint8Array): number {
    const slot = this.#slots[index]
    if (slot !== undefined && isSame(slot.bytes, bytes)) return slot.region.handle
    this.drop(index)
    const region = this.#kernels.region(bytes)
    this.#slots[index] = { bytes, region }
    return region.handle
  }

  /** Lets go of the memory in a slot, if there is any. */
  drop(index: number): void {
    const slot = this.#slots[index]
    this.#slots[index] = undefined
    slot?.region.release()
  }

  /** Lets go of the memory in all slots from `first` on. */
  dropFrom(first: number): void {
    for (let index = first; index < this.#slots.length; index++) this.drop(index)
    this.#slots.length = Math.min(this.#slots.length, first)
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return (
    a === b ||
    (a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.byteLength === b.byteLength)
  )
}
