/**
 * The lists of one collection on disk: `lists.idx` in its directory. The file is a luxury: without
 * it lists are made again. So nothing about it is an error: what is wrong with it is a warning.
 *
 * A file is true for as long as the collection is there, however old it is. Row numbers are never
 * used twice, and a row that is dead for good does not come back; so every row below the file's
 * row count that is alive now was alive when the lists were made, and is in them. Whether lists are
 * made anew, or were dropped since, for want of memory or after an I/O error, does not change that.
 */

import { rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CollectionState } from '../../collection/state/collection-state.js'
import type { Allocator, KernelProvider } from '../../contract/index.js'
import { syncDirectory } from '../../durable-file.js'
import { hasCode } from '../../errors.js'
import { ifThere } from '../../if-there.js'
import { ListSet } from '../../index/list-set.js'
import type { RowMask } from '../../row-mask.js'
import { guardFile } from '../../segment/guard-file.js'
import type { Warn } from '../../warning.js'
import { type ListFileFit, ListFileReader } from './list-file-reader.js'
import { loadLists } from './load-lists.js'
import { type ListOwner, unfinishedListFile, writeListFile } from './write-list-file.js'

/** The name of the file. */
const FILE_NAME = 'lists.idx'

/**
 * What a {@link ListFile} is made of.
 *
 * @internal
 */
export interface ListFileOptions {
  /** Of the collection. */
  readonly directory: string
  readonly collection: Pick<CollectionState, 'id' | 'name' | 'schema'>
  /** 16 bytes. */
  readonly databaseId: Uint8Array
  readonly readOnly: boolean
  readonly kernels: KernelProvider
  readonly allocator: Allocator
  readonly warn: Warn
}

/**
 * A collection at its opening.
 *
 * @internal
 */
export interface OpenedRows extends Pick<ListFileFit, 'rowCount' | 'lastLsn'> {
  /** Which of all rows are alive. */
  aliveMask(): RowMask
}

/**
 * Writes and reads the lists of one collection.
 *
 * @internal
 */
export class ListFile {
  readonly path: string
  readonly #options: ListFileOptions
  readonly #owner: ListOwner
  /** The lists that the file has; those before them are in no use any more. */
  readonly #kept = new WeakSet<ListSet>()
  #byteLength = 0

  constructor(options: ListFileOptions) {
    const { directory, databaseId, collection } = options
    const { dtype, dimension, metric } = collection.schema
    this.path = join(directory, FILE_NAME)
    this.#options = options
    const shape = { dtype, dimension, metric }
    this.#owner = { databaseId, collectionId: collection.id, shape }
  }

  /** Bytes of the file, as it was found or written. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** Whether the file has these lists. */
  has(set: ListSet): boolean {
    return this.#kept.has(set)
  }

  /**
   * Replaces the file. Never throws: where that fails there is a warning, and the file is as it
   * was.
   *
   * @param lsn - everything that the lists were made of is durable with this record
   */
  async save(set: ListSet, lsn: bigint): Promise<void> {
    const { lists, calibration, aliveRows } = set
    const content = { owner: this.#owner, lsn, lists, calibration, aliveRows }
    const leave = set.enter()
    try {
      this.#byteLength = await writeListFile(this.path, content, this.#crc32c)
      this.#kept.add(set)
    } catch (error) {
      this.#warn(
        'its lists could not be written; without them the next opening makes others',
        error,
      )
    } finally {
      leave()
    }
  }

  /**
   * The lists of the file; undefined where there is none that is of use. One that is damaged, or of
   * rows that are not there, is removed.
   *
   * @throws StorageError when it cannot be removed
   */
  async load(rows: OpenedRows): Promise<ListSet | undefined> {
    const { readOnly, kernels } = this.#options
    if (!readOnly) await this.#removeUnfinished()
    try {
      const reader = await ListFileReader.open(this.path, this.#crc32c)
      if (reader === undefined) return undefined
      const set = await this.#read(reader, rows, kernels)
      this.#byteLength = reader.byteLength
      this.#kept.add(set)
      return set
    } catch (error) {
      await this.#refuse(error)
      return undefined
    }
  }

  /**
   * Checks the file.
   *
   * @param onPiece - where all of it is read: called every now and then, ends it by throwing
   * @returns bytes of the file; undefined when there is none
   * @throws CorruptionError; StorageError; what `onPiece` throws
   */
  async verify(
    rows: Pick<ListFileFit, 'rowCount' | 'lastLsn'>,
    onPiece: (() => void) | undefined,
  ): Promise<number | undefined> {
    const reader = await ListFileReader.open(this.path, this.#crc32c)
    if (reader === undefined) return undefined
    try {
      reader.checkFits({ ...rows, owner: this.#owner })
      if (onPiece) await reader.checkParts(onPiece)
      return reader.byteLength
    } finally {
      await reader.close()
    }
  }

  readonly #crc32c = (bytes: Uint8Array, seed?: number): number =>
    this.#options.kernels.crc32c(bytes, seed)

  async #read(reader: ListFileReader, rows: OpenedRows, kernels: KernelProvider): Promise<ListSet> {
    try {
      reader.checkFits({ ...rows, owner: this.#owner })
      const built = await loadLists(reader, this.#options.allocator, rows.aliveMask())
      return new ListSet(kernels, built)
    } finally {
      await reader.close()
    }
  }

  async #refuse(error: unknown): Promise<void> {
    if (hasCode(error, 'SLUICE_LIMIT_EXCEEDED')) {
      this.#warn('there is no memory for its lists', error)
    } else this.#warn('its lists could not be read; others are made beside everything else', error)
    const size = await guardFile('look at', this.path, () => ifThere(() => stat(this.path)))
    this.#byteLength = size?.size ?? 0
    if (this.#options.readOnly || !hasCode(error, 'SLUICE_CORRUPT')) return
    // Of rows that are not there yet, it would be taken for true once others have their place.
    await this.#remove(this.path)
    this.#byteLength = 0
  }

  /** What was never finished is of no account, whatever lies there. */
  async #removeUnfinished(): Promise<void> {
    try {
      await this.#remove(unfinishedListFile(this.path))
    } catch (error) {
      this.#warn('what is left of the writing of its lists could not be removed', error)
    }
  }

  /** Removes a file for good. */
  async #remove(path: string): Promise<void> {
    await guardFile('remove', path, async () => {
      const isThere = await ifThere(async () => {
        await rm(path)
        return true
      })
      if (isThere) await syncDirectory(dirname(path))
    })
  }

  #warn(problem: string, cause: unknown): void {
    const { warn, collection } = this.#options
    const { name } = collection
    const message = `collection "${name}": ${problem}`
    const details = { collection: name, file: this.path, cause }
    warn({ code: 'SLUICE_WARN_LIST_FILE', message, details })
  }
}
