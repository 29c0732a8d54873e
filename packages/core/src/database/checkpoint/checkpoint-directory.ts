/**
 * The directory `checkpoints/`: files of checkpoints, and the manifest that names the ones that
 * count. A file is complete and synced before the manifest ever names it, and the log is cut only
 * after that. So a complete file that no manifest names is safe to use as well: the log from its
 * LSN on is still there.
 */

import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from '../../durable-file.js'
import { CorruptionError, hasCode, StateError, storageErrorFrom } from '../../errors.js'
import { ifThere } from '../../if-there.js'
import type { Warn } from '../../warning.js'
import type { Checkpoint } from './checkpoint.js'
import {
  type CheckpointFileOptions,
  readCheckpoint,
  readCheckpointHead,
  writeCheckpoint,
} from './checkpoint-file.js'
import { checkpointFileName, checkpointNumberOf } from './checkpoint-name.js'
import { type ManifestEntry, readManifest, writeManifest } from './manifest.js'

export type { ManifestEntry } from './manifest.js'

const MANIFEST_FILE = 'manifest.json'
const LEFTOVER = /^(manifest\.json|\d{10}\.checkpoint)\.new$/

/**
 * Where checkpoints are kept.
 *
 * @internal
 */
export interface CheckpointDirectoryOptions extends CheckpointFileOptions {
  /** `checkpoints/` of the database; made when the first checkpoint is written. */
  readonly path: string
  /** Whether nothing may be written. */
  readonly readOnly: boolean
  readonly warn: Warn
}

/**
 * The checkpoints of one database. One caller at a time.
 *
 * @internal
 */
export class CheckpointDirectory {
  /** The directory. */
  readonly path: string
  readonly #options: CheckpointDirectoryOptions
  /** Bytes of the files that were listed or written, by number. */
  readonly #lengths = new Map<number, number>()

  constructor(options: CheckpointDirectoryOptions) {
    this.path = options.path
    this.#options = options
  }

  /** Bytes of the checkpoints that were listed or written and not removed. */
  get keptBytes(): number {
    let sum = 0
    for (const length of this.#lengths.values()) sum += length
    return sum
  }

  /** The manifest. */
  get manifestFile(): string {
    return join(this.path, MANIFEST_FILE)
  }

  /** The file of a checkpoint. */
  fileOf(number: number): string {
    return join(this.path, checkpointFileName(number))
  }

  /**
   * The checkpoints that count, newest first: those that the manifest names. Where there is none,
   * or it is damaged, which a warning tells, those whose file is there; any of them may turn out to
   * be incomplete.
   *
   * @throws CorruptionError `SLUICE_UNSUPPORTED_FORMAT` for a manifest of a later release;
   * StorageError
   */
  async list(): Promise<readonly ManifestEntry[]> {
    const entries = await this.#list()
    for (const { number, byteLength } of entries) this.#lengths.set(number, byteLength)
    return entries
  }

  /**
   * Reads a checkpoint.
   *
   * @throws CorruptionError with `file` and `offset`, also for a file that is missing or is not the
   * one that `entry` tells of; StorageError
   */
  async read(entry: ManifestEntry): Promise<Checkpoint> {
    const file = this.fileOf(entry.number)
    const checkpoint = await readCheckpoint(file, this.#options)
    if (checkpoint.lsn === entry.lsn) return checkpoint
    const message = `${file} ends at LSN ${checkpoint.lsn}, not at ${entry.lsn}`
    throw new CorruptionError('SLUICE_CORRUPT', message, { details: { file, offset: 0 } })
  }

  /**
   * Writes the file of a checkpoint, durably. It counts only once it is installed.
   *
   * @throws StorageError, and then there is no such file; StateError `SLUICE_READ_ONLY`
   */
  async write(checkpoint: Checkpoint): Promise<ManifestEntry> {
    this.#assertWritable()
    await this.#make()
    const { number, lsn } = checkpoint
    const { byteLength } = await writeCheckpoint(this.fileOf(number), checkpoint, this.#options)
    this.#lengths.set(number, byteLength)
    return { number, lsn, byteLength }
  }

  /**
   * Makes these the checkpoints that count, atomically and durably.
   *
   * @param entries - newest first, at most two, each written before
   * @throws StorageError, and then these count or those before; StateError `SLUICE_READ_ONLY`
   */
  async install(entries: readonly ManifestEntry[]): Promise<void> {
    this.#assertWritable()
    await this.#make()
    await writeManifest(this.manifestFile, entries, this.#options.crc32c)
  }

  /**
   * Removes the files of all other checkpoints, and what crashes have left. Does nothing where
   * nothing may be written. Files of unknown names stay.
   *
   * @throws StorageError
   */
  async removeOthers(kept: readonly number[]): Promise<void> {
    if (this.#options.readOnly) return
    for (const name of await this.#names()) {
      const number = checkpointNumberOf(name)
      const isOther = number !== undefined && !kept.includes(number)
      if (isOther || LEFTOVER.test(name)) await this.#remove(join(this.path, name))
      if (isOther) this.#lengths.delete(number)
    }
  }

  /**
   * A number above that of every checkpoint there is, complete or not.
   *
   * @throws StorageError
   */
  async nextNumber(): Promise<number> {
    return (await this.#numbers()).reduce((most, number) => Math.max(most, number), 0) + 1
  }

  /**
   * Bytes of all files in the directory, by their length.
   *
   * @throws StorageError
   */
  async byteLength(): Promise<number> {
    let sum = 0
    for (const name of await this.#names()) {
      const path = join(this.path, name)
      try {
        sum += (await stat(path)).size
      } catch (error) {
        // A checkpoint may be made, and another one removed, while this counts.
        if (!hasCode(error, 'ENOENT')) throw storageErrorFrom(error, `look at ${path}`, { path })
      }
    }
    return sum
  }

  async #list(): Promise<readonly ManifestEntry[]> {
    const file = this.manifestFile
    try {
      const named = await readManifest(file, this.#options.crc32c)
      return named.length > 0 ? named : await this.#found()
    } catch (error) {
      if (!hasCode(error, 'SLUICE_CORRUPT')) throw error
      const found = await this.#found()
      const numbers = found.map(({ number }) => number)
      const message = `${file} is damaged; the checkpoints found beside it are used instead`
      const code = 'SLUICE_WARN_CHECKPOINT_DAMAGED'
      this.#options.warn({ code, message, details: { file, numbers } })
      return found
    }
  }

  /** The checkpoints whose file begins as it should, newest first. */
  async #found(): Promise<readonly ManifestEntry[]> {
    const entries: ManifestEntry[] = []
    const numbers = await this.#numbers()
    for (const number of numbers.sort((a, b) => b - a)) {
      const file = this.fileOf(number)
      try {
        const { lsn } = await readCheckpointHead(file, this.#options)
        entries.push({ number, lsn, byteLength: (await stat(file)).size })
      } catch (error) {
        if (!hasCode(error, 'SLUICE_CORRUPT')) throw storageErrorFrom(error, `read ${file}`)
        this.#options.warn({
          code: 'SLUICE_WARN_CHECKPOINT_DAMAGED',
          message: `checkpoint ${number} cannot be used`,
          details: { file, error },
        })
      }
    }
    return entries
  }

  async #numbers(): Promise<number[]> {
    return (await this.#names()).flatMap((name) => checkpointNumberOf(name) ?? [])
  }

  async #names(): Promise<readonly string[]> {
    try {
      return (await ifThere(() => readdir(this.path))) ?? []
    } catch (error) {
      throw storageErrorFrom(error, `list ${this.path}`, { path: this.path })
    }
  }

  async #make(): Promise<void> {
    try {
      const made = await mkdir(this.path, { recursive: true })
      if (made !== undefined) await syncDirectory(dirname(this.path))
    } catch (error) {
      throw storageErrorFrom(error, `make ${this.path}`, { path: this.path })
    }
  }

  async #remove(file: string): Promise<void> {
    try {
      await rm(file, { force: true })
    } catch (error) {
      throw storageErrorFrom(error, `remove ${file}`, { file })
    }
  }

  #assertWritable(): void {
    if (!this.#options.readOnly) return
    throw new StateError('SLUICE_READ_ONLY', 'the database was opened with `readOnly`')
  }
}
