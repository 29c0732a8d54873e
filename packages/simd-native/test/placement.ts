/** Arrays at chosen places in memory: anywhere in a cache line, or at the edge of what is there. */

/** What of the engine's global is used here; the compiler has no types for it without the DOM. */
declare const WebAssembly: {
  readonly Memory: new (size: {
    readonly initial: number
    readonly maximum: number
    readonly shared: true
  }) => { readonly buffer: SharedArrayBuffer }
}

/** The arrays that kernels take. */
export type KernelArray = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array

/**
 * Memory that is followed by reserved address space, as a WebAssembly memory is: who reads or
 * writes past its end is stopped by the hardware.
 *
 * @param pages - of 64 KiB
 */
export function makePage(pages = 1): SharedArrayBuffer {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer
}

/** The same numbers at the end of a page. */
export function atTheEdge<T extends KernelArray>(page: SharedArrayBuffer, array: T): T {
  return placed(page, page.byteLength - array.byteLength, array)
}

/**
 * The same numbers at an offset in a cache line, as far as V8 aligns buffers.
 *
 * @param offset - in bytes, rounded down to whole numbers
 */
export function movedTo<T extends KernelArray>(offset: number, array: T): T {
  const at = offset - (offset % array.BYTES_PER_ELEMENT)
  return placed(new ArrayBuffer(array.byteLength + 64), at, array)
}

function placed<T extends KernelArray>(buffer: ArrayBufferLike, at: number, array: T): T {
  const type = array.constructor as new (buffer: ArrayBufferLike, at: number, length: number) => T
  const view = new type(buffer, at, array.length)
  view.set(array)
  return view
}
