/**
 * Backing `heap`: ArrayBuffer. Works everywhere; other threads cannot see it, and its address has
 * no useful alignment.
 */

/**
 * Makes an ArrayBuffer.
 * @param byteLength - bytes of the buffer, all zero
 * @throws RangeError when the system refuses the memory
 * @internal
 */
export function createHeapBuffer(byteLength: number): ArrayBuffer {
  return new ArrayBuffer(byteLength)
}
