/** Byte strings of consecutive rows as the body of a frame: their ends as u32, then the bytes. */

import { type PackedBytes, packedProblem } from '../../packed-bytes.js'

const END_BYTES = 4

/**
 * Lays byte strings out as a body.
 *
 * @internal
 */
export function encodePacked({ bytes, ends }: PackedBytes): Uint8Array {
  const endsLength = END_BYTES * ends.length
  const body = new Uint8Array(endsLength + bytes.length)
  body.set(new Uint8Array(ends.buffer, ends.byteOffset, endsLength))
  body.set(bytes, endsLength)
  return body
}

/**
 * Reads a body back.
 *
 * @returns views into `body`, where it is aligned; or what is wrong with it
 * @internal
 */
export function decodePacked(body: Uint8Array, count: number): PackedBytes | string {
  const endsLength = END_BYTES * count
  if (body.length < endsLength) return `${body.length} bytes do not hold ${count} lengths`
  const ends = wordsOf(body.subarray(0, endsLength))
  const packed = { bytes: body.subarray(endsLength), ends }
  return packedProblem(packed, count) ?? packed
}

/**
 * Little-endian u32 words: a view where the bytes are aligned, else a copy.
 *
 * @param bytes - a multiple of 4
 * @internal
 */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
}
