/** Reads and writes through the page cache that do not stop half way; any offset and length. */

import type { FileHandle } from 'node:fs/promises'
import { StorageError } from './errors.js'

/**
 * Writes all of `parts` at `position`, in as few calls as the system allows.
 *
 * @internal
 */
export async function writeAll(
  handle: FileHandle,
  parts: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let rest = parts.filter((part) => part.length > 0)
  let at = position
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at)
    if (bytesWritten === 0) throw new StorageError('SLUICE_IO', `no byte was written at ${at}`)
    at += bytesWritten
    rest = dropBytes(rest, bytesWritten)
  }
}

/**
 * Reads up to `target.length` bytes at `position`.
 *
 * @returns the bytes read: fewer than asked for at the end of the file
 * @internal
 */
export async function readAt(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
): Promise<Uint8Array> {
  let length = 0
  while (length < target.length) {
    const { bytesRead } = await handle.read(
      target,
      length,
      target.length - length,
      position + length,
    )
    if (bytesRead === 0) break
    length += bytesRead
  }
  return target.subarray(0, length)
}

function dropBytes(parts: readonly Uint8Array[], byteCount: number): Uint8Array[] {
  let left = byteCount
  const rest: Uint8Array[] = []
  for (const part of parts) {
    if (left < part.length) rest.push(left === 0 ? part : part.subarray(left))
    left = Math.max(0, left - part.length)
  }
  return rest
}
