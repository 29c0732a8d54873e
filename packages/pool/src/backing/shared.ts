/**
 * Backing `shared`: SharedArrayBuffer. Worker threads see it; its address has no useful alignment
 * (malloc puts a header before the bytes, so O_DIRECT refuses it).
 */

/**
 * Makes a SharedArrayBuffer.
 * @param byteLength - bytes of the buffer, all zero
 * @throws RangeError when the system refuses the memory
 * @internal
 */
export function createSharedBuffer(byteLength: number): SharedArrayBuffer {
  return new SharedArrayBuffer(byteLength)
}
