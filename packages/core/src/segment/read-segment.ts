/**
 * Reads a segment file into its slab. What the file lacks reads as zero bytes: it is the reader's
 * caller who knows the checksums of rows and can tell a loss from rows that never were.
 */

import { constants } from 'node:fs'
import { hasCode } from '../errors.js'
import { runAtOnce } from './at-once.js'
import { type DirectIo, type OpenFile, readFully } from './direct-io.js'
import type { SegmentDirectory } from './segment-directory.js'
import { pageCeil } from './segment-layout.js'

/** Bytes of a read: so many that the disk works while memory is brought in for more of them. */
const READ_BYTES = 16 * 1024 * 1024

/**
 * What to read, and from where.
 *
 * @internal
 */
export interface ReadSegmentOptions {
  readonly index: number
  readonly directory: SegmentDirectory
  readonly io: DirectIo
  readonly readOnly: boolean
  /** The slab. */
  readonly image: Uint8Array
  /** Where the bytes that matter end. */
  readonly toByte: number
  /** Reads under way at a time. */
  readonly readsAtOnce: number
}

/**
 * Fills the start of an image from its file. What is found is synced, unless the store is read
 * only: a process that died may have left it in the page cache. The handle is closed and no read is
 * under way when this settles.
 *
 * @returns bytes found, as a prefix of `toByte`
 * @internal
 */
export async function readSegment(options: ReadSegmentOptions): Promise<number> {
  const { index, directory, io, readOnly, image, toByte, readsAtOnce } = options
  const flags = readOnly ? constants.O_RDONLY : constants.O_RDWR
  let file = await directory.openExisting(index, flags)
  const target = image.subarray(0, pageCeil(toByte))
  if (file === undefined) {
    target.fill(0)
    return 0
  }
  try {
    if (file.direct && !(await takesDirectReads(file, target))) {
      io.refuse(`reading ${directory.fileOf(index)} failed with EINVAL`)
      await file.handle.close()
      file = (await directory.openExisting(index, flags)) ?? file
    }
    const found = await readRanges(file, target, readsAtOnce)
    if (!readOnly) await file.handle.datasync()
    return Math.min(found, toByte)
  } finally {
    await file.handle.close()
  }
}

/** Memory that does not start on a page may be refused; the header page tells. */
async function takesDirectReads(file: OpenFile, target: Uint8Array): Promise<boolean> {
  try {
    await file.handle.read(target, 0, Math.min(target.byteLength, pageCeil(1)), 0)
    return true
  } catch (error) {
    if (hasCode(error, 'EINVAL')) return false
    throw error
  }
}

/** Several large reads at once; returns how far the file reached, and zeroes the rest. */
async function readRanges(file: OpenFile, target: Uint8Array, atOnce: number): Promise<number> {
  let found = target.byteLength
  const count = Math.ceil(target.byteLength / READ_BYTES)
  await runAtOnce({ count, atOnce }, async (index) => {
    const from = index * READ_BYTES
    const part = target.subarray(from, from + READ_BYTES)
    const length = await readFully(file.handle, part, from)
    if (length === part.byteLength) return
    part.fill(0, length)
    found = Math.min(found, from + length)
  })
  return found
}
