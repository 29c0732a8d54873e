/**
 * The lease that SlabAllocator hands out. It ends once: release() gives the slab back, and
 * afterwards the lease refuses to show the bytes. It knows nothing of limits or free lists.
 */
import type { Lease } from './allocator.js'
import { PoolError } from './pool-error.js'
import type { Slab } from './region.js'

/**
 * A lease on one slab.
 * @internal
 */
export class SlabLease implements Lease {
  readonly byteLength: number
  readonly shared: boolean
  readonly #slab: Slab
  readonly #onRelease: (slab: Slab, lease: SlabLease) => void
  #bytes: Uint8Array | undefined

  /**
   * @param slab - what is leased
   * @param byteLength - bytes asked for, at most those of the slab
   * @param onRelease - takes the slab back
   */
  constructor(slab: Slab, byteLength: number, onRelease: (slab: Slab, lease: SlabLease) => void) {
    this.byteLength = byteLength
    this.#slab = slab
    this.#onRelease = onRelease
    this.#bytes = new Uint8Array(slab.region.buffer, slab.byteOffset, byteLength)
    this.shared = slab.region.buffer instanceof SharedArrayBuffer
  }

  get bytes(): Uint8Array {
    return this.#bytes ?? failReleased('used', this.byteLength)
  }

  get released(): boolean {
    return this.#bytes === undefined
  }

  release(): void {
    if (this.#bytes === undefined) failReleased('released', this.byteLength)
    this.#bytes = undefined
    this.#onRelease(this.#slab, this)
  }
}

/**
 * Refuses a lease that has ended.
 * @param attempt - what was tried on the released lease
 * @param byteLength - bytes of the lease
 * @throws PoolError SLUICE_DOUBLE_RELEASE always
 * @internal
 */
export function failReleased(attempt: 'used' | 'released' | 'retained', byteLength: number): never {
  throw new PoolError(
    'SLUICE_DOUBLE_RELEASE',
    `a lease of ${byteLength} bytes was ${attempt} after it had been released`,
    { attempt, byteLength },
  )
}
