/** A list of byte strings in two arrays: how string ids and metadata travel without objects. */

/**
 * Byte strings laid end to end: item i is `bytes.subarray(ends[i - 1] ?? 0, ends[i])`.
 *
 * @internal
 */
export interface PackedBytes {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
}

/**
 * Where item `index` starts.
 *
 * @internal
 */
export function packedStart(packed: PackedBytes, index: number): number {
  return index === 0 ? 0 : (packed.ends[index - 1] ?? 0)
}

/**
 * A view of item `index`.
 *
 * @internal
 */
export function packedItem(packed: PackedBytes, index: number): Uint8Array {
  return packed.bytes.subarray(packedStart(packed, index), packed.ends[index])
}
