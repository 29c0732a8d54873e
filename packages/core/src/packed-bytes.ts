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

/**
 * What is wrong with byte strings that came from a disk.
 *
 * @param count - how many there must be
 * @returns undefined when nothing is
 * @internal
 */
export function packedProblem({ bytes, ends }: PackedBytes, count: number): string | undefined {
  if (ends.length !== count) return `there are ${ends.length} items, not ${count}`
  let end = 0
  for (let i = 0; i < count; i++) {
    const next = ends[i]!
    if (next < end) return `item ${i} ends at ${next}, before its start ${end}`
    end = next
  }
  if (end === bytes.length) return undefined
  return `the items end at ${end} of ${bytes.length} bytes`
}
