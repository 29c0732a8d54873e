/** Arrays that several threads can work on, all zero. */

/**
 * Shared bytes.
 *
 * @internal
 */
export function sharedBytes(byteLength: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(byteLength))
}

/**
 * Shared unsigned numbers.
 *
 * @internal
 */
export function sharedNumbers(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(count * Uint32Array.BYTES_PER_ELEMENT))
}

/**
 * Shared float32 numbers.
 *
 * @internal
 */
export function sharedFloats(count: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(count * Float32Array.BYTES_PER_ELEMENT))
}
