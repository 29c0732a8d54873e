/**
 * Regions by handle. A handle is a slot and its generation; a slot that was released gets the next
 * generation, and is never used again once it had them all, so a stale handle never names memory
 * that is not its own. Generations start at 1: no handle is 0.
 */

import type { MemoryRegion } from '../../contract/memory-kernels.js'
import { InvalidArgumentError, StateError } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import { checkArray, checkInteger } from './check-argument.js'

/** A handle is `generation * SLOTS_MAX + slot`. */
const SLOTS_MAX = LIMITS.regionsMax
const GENERATION_MAX = 2 ** 32 / SLOTS_MAX - 1

interface Slot {
  generation: number
  /** Of fixed length: a buffer that is detached or shrinks below its end leaves it empty. */
  bytes: Uint8Array | undefined
  byteLength: number
}

/**
 * The regions of one provider.
 *
 * @internal
 */
export class RegionTable {
  readonly #slots: Slot[] = []
  readonly #free: number[] = []

  /** See `MemoryKernels.region`. */
  open(bytes: Uint8Array): MemoryRegion {
    checkArray('bytes', bytes, Uint8Array)
    const { buffer, byteOffset, byteLength } = bytes
    const index = this.#take()
    const slot = this.#slots[index]!
    // No view can be made of a detached buffer.
    slot.bytes =
      byteLength === 0 ? new Uint8Array() : new Uint8Array(buffer, byteOffset, byteLength)
    slot.byteLength = byteLength
    const handle = slot.generation * SLOTS_MAX + index
    return { handle, byteLength, release: () => this.#close(handle) }
  }

  /** See `MemoryKernels.readRegion`. */
  read(handle: number, offset: number, target: Uint8Array): void {
    const bytes = this.find(handle)
    checkArray('target', target, Uint8Array)
    checkInteger('offset', offset, 0, bytes.byteLength)
    checkInteger('offset + target.byteLength', offset + target.byteLength, 0, bytes.byteLength)
    target.set(bytes.subarray(offset, offset + target.byteLength))
  }

  /**
   * The memory of an open region.
   *
   * @throws {@link InvalidArgumentError} for a handle that names none, or whose memory is gone
   * @internal
   */
  find(handle: number): Uint8Array {
    checkInteger('handle', handle, 0, 2 ** 32 - 1)
    const slot = this.#slotOf(handle)
    if (slot?.bytes === undefined) {
      throw new InvalidArgumentError(
        'SLUICE_INVALID_ARGUMENT',
        `handle ${handle} names no open region`,
        { details: { handle } },
      )
    }
    if (slot.bytes.byteLength === slot.byteLength) return slot.bytes
    throw new InvalidArgumentError(
      'SLUICE_INVALID_ARGUMENT',
      `the memory of region ${handle} was detached or has shrunk below ${slot.byteLength} bytes`,
      { details: { handle } },
    )
  }

  #slotOf(handle: number): Slot | undefined {
    const slot = this.#slots[handle % SLOTS_MAX]
    return slot?.generation === Math.floor(handle / SLOTS_MAX) ? slot : undefined
  }

  #take(): number {
    const index = this.#free.pop()
    if (index !== undefined) return index
    if (this.#slots.length === SLOTS_MAX) {
      throw new InvalidArgumentError(
        'SLUICE_LIMIT_EXCEEDED',
        `there are ${SLOTS_MAX} regions, or no handles are left`,
        { details: { limit: SLOTS_MAX } },
      )
    }
    this.#slots.push({ generation: 1, bytes: undefined, byteLength: 0 })
    return this.#slots.length - 1
  }

  #close(handle: number): void {
    const slot = this.#slotOf(handle)
    if (slot?.bytes === undefined) {
      throw new StateError('SLUICE_CLOSED', `region ${handle} was released before`, {
        details: { handle },
      })
    }
    slot.bytes = undefined
    slot.generation += 1
    if (slot.generation <= GENERATION_MAX) this.#free.push(handle % SLOTS_MAX)
  }
}
