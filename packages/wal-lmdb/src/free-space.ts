/**
 * How much room the disk has, asked before LMDB finds out: when a page write fails, lmdb 3.5
 * formats its message into a buffer that is too small for it and may abort the process (measured:
 * 6 of 10 runs), so a full disk had better be noticed first.
 */

import { statfsSync } from 'node:fs'
import { StorageError } from '@sluice/core'

/** What a commit needs beside the values: pages of the tree, twice. */
const MARGIN_BYTES = 1024 * 1024

/**
 * Free bytes of the file system; undefined where it does not tell. A system call of microseconds,
 * not worth a thread.
 *
 * @internal
 */
export function freeBytesOf(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    // That the directory is gone, say, is for the write itself to report.
    return undefined
  }
}

/**
 * Whether values of `byteLength` bytes fit. A guess: others write to the same disk.
 *
 * @internal
 */
export function isRoomFor(byteLength: number, freeBytes: number | undefined): boolean {
  return freeBytes === undefined || freeBytes >= byteLength + MARGIN_BYTES
}

/**
 * The error of a write for which there is no room.
 *
 * @internal
 */
export function noSpace(
  operation: string,
  byteLength: number,
  context: { readonly directory: string; readonly freeBytes: number | undefined; cause?: unknown },
): StorageError {
  const { directory, freeBytes, cause } = context
  const message = `${operation} failed: no space left for ${byteLength} bytes`
  return new StorageError('SLUICE_NO_SPACE', message, {
    ...(cause === undefined ? {} : { cause }),
    details: { directory, operation, freeBytes },
  })
}
