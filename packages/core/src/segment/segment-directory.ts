/**
 * The files of a store: `segments/00000000.seg` and on. A file gets its full length when it is
 * made and never changes it. A file that is not in a synced directory does not survive a power
 * cut, so whoever flushes rows syncs the directory too.
 */

import { constants } from 'node:fs'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '../durable-file.js'
import { hasCode } from '../errors.js'
import { ifThere } from '../if-there.js'
import { SerialQueue } from '../serial-queue.js'
import type { DirectIo, OpenFile } from './direct-io.js'
import { makeDirectory } from './make-directory.js'
import type { SegmentRecycler } from './segment-recycler.js'

const FILE_NAME = /^(\d{8})\.seg$/

/**
 * What a {@link SegmentDirectory} is made of.
 *
 * @internal
 */
export interface SegmentDirectoryOptions {
  /** The directory of the store; made when the first file is. */
  readonly directory: string
  readonly segmentBytes: number
  readonly io: DirectIo
  readonly recycler: SegmentRecycler | undefined
}

/**
 * Makes, opens, syncs and removes segment files.
 *
 * @internal
 */
export class SegmentDirectory {
  readonly #options: SegmentDirectoryOptions
  readonly #path: string
  readonly #syncs = new SerialQueue()
  /** Two that find a file missing at once would put two files in one place. */
  readonly #opens = new SerialQueue()
  readonly #files = new Set<number>()
  #made = false
  /** Directories whose entries have changed since they were synced. */
  #unsynced = new Set<string>()

  constructor(options: SegmentDirectoryOptions) {
    this.#options = options
    this.#path = join(options.directory, 'segments')
  }

  /** Bytes of the files made, opened or found so far, by their length. */
  get fileBytes(): number {
    return this.#files.size * this.#options.segmentBytes
  }

  /** The file of a segment. */
  fileOf(index: number): string {
    return join(this.#path, `${String(index).padStart(8, '0')}.seg`)
  }

  /** Opens the file of a segment as it is, or says that there is none. */
  async openExisting(index: number, flags: number): Promise<OpenFile | undefined> {
    const file = await ifThere(() => this.#options.io.open(this.fileOf(index), flags))
    if (file !== undefined) this.#files.add(index)
    return file
  }

  /** Opens the file of a segment for writing; makes it, or gives a used one its place. */
  openForWrite(index: number): Promise<OpenFile> {
    return this.#opens.run(() => this.#openForWrite(index))
  }

  /** Makes the file of a segment ahead of the first write. */
  async make(index: number): Promise<void> {
    const { handle } = await this.openForWrite(index)
    await handle.close()
  }

  async #openForWrite(index: number): Promise<OpenFile> {
    const { segmentBytes, recycler, io } = this.#options
    let file = await this.openExisting(index, constants.O_RDWR)
    if (file === undefined) {
      await this.#makeDirectory()
      const path = this.fileOf(index)
      await recycler?.take(segmentBytes, path)
      file = await io.open(path, constants.O_RDWR | constants.O_CREAT)
      this.#unsynced.add(this.#path)
      this.#files.add(index)
    }
    try {
      const { size } = await file.handle.stat()
      if (size !== segmentBytes) await file.handle.truncate(segmentBytes)
    } catch (error) {
      await file.handle.close()
      throw error
    }
    return file
  }

  /** Resolves when every file made before the call is in a synced directory. */
  async sync(): Promise<void> {
    await this.#syncs.run(async () => {
      const paths = this.#unsynced
      this.#unsynced = new Set()
      for (const path of paths) await syncDirectory(path)
    })
  }

  /** Looks which files there are. Nobody knows whether they are in a synced directory. */
  async find(): Promise<void> {
    for (const name of await this.#list()) this.#files.add(Number(FILE_NAME.exec(name)?.[1]))
    if (this.#files.size > 0) this.#unsynced.add(this.#path).add(this.#options.directory)
  }

  /**
   * Removes the file of a segment that nobody needs any more, or hands it over for re-use. The
   * directory is not synced: after a power cut the file may have its old name again, as it was or
   * with a blank header page. Whoever freed the segment knows that, does not read it, and frees it
   * once more. No other segment ever gets this name.
   */
  free(index: number): Promise<void> {
    return this.#opens.run(async () => {
      await this.#discard(this.fileOf(index))
      this.#files.delete(index)
    })
  }

  /** Removes every segment file, whoever made it, or hands it over for re-use. */
  async remove(): Promise<void> {
    for (const name of await this.#list()) await this.#discard(join(this.#path, name))
    this.#files.clear()
    try {
      await rmdir(this.#path)
    } catch (error) {
      if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTEMPTY')) throw error
    }
  }

  async #discard(path: string): Promise<void> {
    const { segmentBytes, recycler } = this.#options
    const taken = (await recycler?.give(path, segmentBytes)) ?? false
    if (!taken) await rm(path, { force: true })
  }

  async #list(): Promise<string[]> {
    const names = (await ifThere(() => readdir(this.#path))) ?? []
    return names.filter((name) => FILE_NAME.test(name))
  }

  /** Makes `segments/`, and the directory of the store around it where that is missing. */
  async #makeDirectory(): Promise<void> {
    if (this.#made) return
    for (const changed of await makeDirectory(this.#path)) this.#unsynced.add(changed)
    this.#made = true
  }
}
