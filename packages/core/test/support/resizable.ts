/** Buffers that change their length, which Node.js 20 has and the es2023 library does not name. */

/** An ArrayBuffer that can be resized up to `byteLengthMax`. */
export function resizableBuffer(byteLength: number, byteLengthMax: number): ArrayBuffer {
  return Reflect.construct(ArrayBuffer, [byteLength, { maxByteLength: byteLengthMax }])
}

/** A SharedArrayBuffer that can grow up to `byteLengthMax`. */
export function growableBuffer(byteLength: number, byteLengthMax: number): SharedArrayBuffer {
  return Reflect.construct(SharedArrayBuffer, [byteLength, { maxByteLength: byteLengthMax }])
}

/** Changes the length of one of these buffers. */
export function resize(buffer: ArrayBuffer | SharedArrayBuffer, byteLength: number): void {
  const method = buffer instanceof ArrayBuffer ? 'resize' : 'grow'
  Reflect.apply(Reflect.get(buffer, method), buffer, [byteLength])
}
