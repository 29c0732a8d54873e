/**
 * A region is one buffer, cut without remainder into slabs of one size class. It is the unit in
 * which memory is taken from the system and dropped again; the slab is the unit in which it is
 * leased.
 */
import { classBytes } from './size-classes.js'

/**
 * A piece of a region that one lease owns at a time.
 * @internal
 */
export interface Slab {
  readonly region: Region
  readonly byteOffset: number
  /** Whether a lease has owned it: until then its bytes are zero. */
  used: boolean
}

/**
 * One buffer and its slabs.
 * @internal
 */
export class Region {
  readonly buffer: ArrayBufferLike
  readonly classIndex: number
  /** Bytes of each slab. */
  readonly slabBytes: number
  readonly slabs: readonly Slab[]
  /** Slabs leased now; the region can be dropped when it is 0. */
  leasedCount = 0

  /**
   * @param buffer - a multiple of the class size long, all zero
   * @param classIndex - size class of the slabs
   */
  constructor(buffer: ArrayBufferLike, classIndex: number) {
    this.buffer = buffer
    this.classIndex = classIndex
    this.slabBytes = classBytes(classIndex)
    const slabs: Slab[] = []
    for (let byteOffset = 0; byteOffset < buffer.byteLength; byteOffset += this.slabBytes) {
      slabs.push({ region: this, byteOffset, used: false })
    }
    this.slabs = slabs
  }

  /** Bytes of the buffer. */
  get byteLength(): number {
    return this.buffer.byteLength
  }
}
