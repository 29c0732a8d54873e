/**
 * Segment files that lost their collection, kept for the next one: writing into blocks that a file
 * already has is up to twice as fast as making the file system find new ones. A file changes hands
 * by rename. Its header page is blanked first, so that a crash before the new owner's first flush
 * leaves a file that was never written, not one that belongs to somebody else. A power cut may undo
 * renames that nobody synced; so the pages of files found at opening are blanked once more.
 */

import { constants } from 'node:fs'
import { mkdir, open, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../errors.js'
import { ifThere } from '../if-there.js'
import { LIMITS } from '../limits.js'
import { SerialQueue } from '../serial-queue.js'
import { writeAll } from '../whole-io.js'

const FILE_NAME = /^(\d+)-(\d+)\.free$/

/**
 * The length of a file that is kept, as its name tells; undefined for a name that is none of ours.
 *
 * @internal
 */
export function recycledLengthOf(name: string): number | undefined {
  const digits = FILE_NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * Where used files go and how many bytes of them are kept.
 *
 * @internal
 */
export interface SegmentRecyclerOptions {
  /** On the file system of the stores; made when the first file comes. */
  readonly directory: string
  /** Bytes of files to keep; files beyond it are not taken in. */
  readonly bytesMax: number
}

interface FreeFile {
  readonly path: string
  readonly byteLength: number
  /**
   * Whether the header page is blank for sure. An earlier process may have handed the file to a
   * segment that wrote to it, and a power cut have brought the name here back.
   */
  readonly blank: boolean
}

/**
 * A bounded directory of segment files for re-use, shared by the stores of a database.
 *
 * @internal
 */
export class SegmentRecycler {
  readonly #options: SegmentRecyclerOptions
  readonly #queue = new SerialQueue()
  #files: FreeFile[] | undefined
  #nextNumber = 0

  constructor(options: SegmentRecyclerOptions) {
    this.#options = options
  }

  /** Bytes of the files that are kept, by their length; those found on disk once it was looked. */
  get heldBytes(): number {
    return this.#files?.reduce((sum, { byteLength }) => sum + byteLength, 0) ?? 0
  }

  /** Looks for files that an earlier process left here, ahead of the first use. */
  async load(): Promise<void> {
    await this.#queue.run(() => this.#load())
  }

  /**
   * Takes a file in. It is left where it is when there is no room or it cannot be moved here.
   *
   * @param path - the file; nobody may have it open
   * @param byteLength - its length
   * @returns whether it was taken
   */
  async give(path: string, byteLength: number): Promise<boolean> {
    return this.#queue.run(async () => {
      const files = await this.#load()
      const { directory, bytesMax } = this.#options
      if (this.heldBytes + byteLength > bytesMax) return false
      if (!(await blankHeader(path, byteLength))) return false
      await mkdir(directory, { recursive: true })
      const target = join(directory, `${byteLength}-${this.#nextNumber}.free`)
      if (!(await move(path, target))) return false
      this.#nextNumber += 1
      files.push({ path: target, byteLength, blank: true })
      return true
    })
  }

  /**
   * Moves a file of `byteLength` to `path`.
   *
   * @returns whether there was one
   */
  async take(byteLength: number, path: string): Promise<boolean> {
    return this.#queue.run(async () => {
      const files = await this.#load()
      for (;;) {
        const index = files.findLastIndex((file) => file.byteLength === byteLength)
        const [file] = index < 0 ? [] : files.splice(index, 1)
        if (file === undefined) return false
        const usable = file.blank || (await blankHeader(file.path, byteLength))
        if (usable && (await move(file.path, path))) return true
      }
    })
  }

  /** Files left by an earlier process count too. */
  async #load(): Promise<FreeFile[]> {
    if (this.#files !== undefined) return this.#files
    const { directory } = this.#options
    const files: FreeFile[] = []
    for (const name of (await ifThere(() => readdir(directory))) ?? []) {
      const match = FILE_NAME.exec(name)
      if (match === null) continue
      files.push({ path: join(directory, name), byteLength: Number(match[1]), blank: false })
      this.#nextNumber = Math.max(this.#nextNumber, Number(match[2]) + 1)
    }
    this.#files = files
    return files
  }
}

/** Zeroes the header page, durably. Says no to a file that has gone or has another length. */
async function blankHeader(path: string, byteLength: number): Promise<boolean> {
  const handle = await ifThere(() => open(path, constants.O_RDWR))
  if (handle === undefined) return false
  try {
    if ((await handle.stat()).size !== byteLength) return false
    await writeAll(handle, [new Uint8Array(LIMITS.pageBytes)], 0)
    await handle.datasync()
    return true
  } finally {
    await handle.close()
  }
}

/** Renames; says no where the two lie on different file systems or the file has gone. */
async function move(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if (hasCode(error, 'EXDEV') || hasCode(error, 'ENOENT')) return false
    throw error
  }
}
