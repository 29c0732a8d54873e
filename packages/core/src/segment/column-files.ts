/**
 * The column files of one collection: `columns/00000000.col` and on, one per segment, each a row of
 * frames. A file grows at its end alone, and a checkpoint says how many of its bytes count: what
 * lies behind them was left by a checkpoint that was never finished, and is cut off before the next
 * one writes. Frames of ids ascend by row, and so do frames of metadata.
 * It knows nothing of ids, metadata or checkpoints.
 */

import { constants } from 'node:fs'
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '../durable-file.js'
import { CorruptionError, hasCode, StateError, storageErrorFrom } from '../errors.js'
import { ifThere } from '../if-there.js'
import { SerialQueue } from '../serial-queue.js'
import { TimeSlice } from '../time-slice.js'
import type { ColumnFrame } from './column-frame.js'
import { readColumnFrames } from './column-reader.js'
import { ColumnWriter } from './column-writer.js'
import { guardFile } from './guard-file.js'
import { makeDirectory } from './make-directory.js'

const FILE_NAME = /^(\d{8})\.col$/

/**
 * What {@link ColumnFiles} are made of.
 *
 * @internal
 */
export interface ColumnFilesOptions {
  /** The directory of the collection; made when the first file is. */
  readonly directory: string
  /** 16 bytes; a frame of another database is refused. */
  readonly databaseId: Uint8Array
  /** A frame of another collection is refused. */
  readonly collectionId: number
  readonly readOnly: boolean
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

/**
 * A column file on disk.
 *
 * @internal
 */
export interface ColumnFileEntry {
  readonly segmentIndex: number
  readonly byteLength: number
}

/**
 * Writes, reads and removes column files. Different segments may be used at once.
 *
 * @internal
 */
export class ColumnFiles {
  readonly #options: ColumnFilesOptions
  readonly #path: string
  readonly #syncs = new SerialQueue()
  /**
   * Directories whose entries may not be on disk: at first nobody knows what a process that died
   * has left behind.
   */
  #unsynced: Set<string>
  /** Bytes of the files that were listed or written. */
  readonly #lengths = new Map<number, number>()

  constructor(options: ColumnFilesOptions) {
    this.#options = options
    this.#path = join(options.directory, 'columns')
    this.#unsynced = new Set([this.#path, options.directory])
  }

  /** Bytes of all files, by their length; of those found on disk once they were listed. */
  get byteLength(): number {
    let sum = 0
    for (const length of this.#lengths.values()) sum += length
    return sum
  }

  /** The file of a segment. */
  fileOf(segmentIndex: number): string {
    return join(this.#path, `${String(segmentIndex).padStart(8, '0')}.col`)
  }

  /**
   * Writes frames from byte `fromByte` on, after cutting off what lies there, and syncs them. A
   * frame is asked for when there is room for it, and its body is not used any more when the next
   * one is. After a failure the bytes before `fromByte` are as they were.
   *
   * @param fromByte - where an earlier call ended; 0 for a new file
   * @returns the byte after the last frame
   * @throws StorageError; CorruptionError SLUICE_CORRUPT where the file ends before `fromByte`;
   * StateError SLUICE_READ_ONLY
   */
  async append(
    segmentIndex: number,
    fromByte: number,
    frames: Iterable<ColumnFrame>,
  ): Promise<number> {
    this.#checkWritable()
    const path = this.fileOf(segmentIndex)
    return guardFile('write', path, async () => {
      const handle = await this.#openForWrite(path)
      try {
        await cutOff(handle, path, fromByte)
        const end = await this.#write(handle, { segmentIndex, fromByte, frames })
        this.#lengths.set(segmentIndex, end)
        await handle.datasync()
        await this.#syncs.run(() => this.#syncDirectories())
        return end
      } finally {
        await handle.close()
      }
    })
  }

  /**
   * Frames of the first `byteLength` bytes, in order. Their bodies start on a multiple of 8 bytes
   * and are the caller's to keep.
   *
   * @throws CorruptionError SLUICE_CORRUPT, SLUICE_UNSUPPORTED_FORMAT with `file` and `offset`, of
   * a file that is missing or shorter, too; StorageError
   */
  async *read(segmentIndex: number, byteLength: number): AsyncGenerator<ColumnFrame, void, void> {
    if (byteLength === 0) return
    const file = this.fileOf(segmentIndex)
    const { databaseId, collectionId, crc32c } = this.#options
    const owner = { databaseId, collectionId, segmentIndex }
    const handle = await guardFile('open', file, () =>
      ifThere(() => open(file, constants.O_RDONLY)),
    )
    if (handle === undefined) throw cutShort(file, byteLength, 0)
    try {
      const actual = await sizeOf(handle)
      if (actual < byteLength) throw cutShort(file, byteLength, actual)
      yield* readColumnFrames(handle, { file, byteLength, owner, crc32c })
    } catch (error) {
      throw storageErrorFrom(error, `read ${file}`, { file })
    } finally {
      await handle.close()
    }
  }

  /**
   * Removes a segment's file, if there is one. A power cut may bring it back: nothing names it
   * then, so it only takes up space.
   *
   * @throws StorageError; StateError SLUICE_READ_ONLY
   */
  async remove(segmentIndex: number): Promise<void> {
    this.#checkWritable()
    const path = this.fileOf(segmentIndex)
    await guardFile('remove', path, () => rm(path, { force: true }))
    this.#lengths.delete(segmentIndex)
  }

  /**
   * Segments that have a file, with its length, in order.
   *
   * @throws StorageError
   */
  list(): Promise<readonly ColumnFileEntry[]> {
    return guardFile('list', this.#path, async () => {
      const entries: ColumnFileEntry[] = []
      for (const name of ((await ifThere(() => readdir(this.#path))) ?? []).sort()) {
        const digits = FILE_NAME.exec(name)?.[1]
        if (digits === undefined) continue
        const { size } = await stat(join(this.#path, name))
        entries.push({ segmentIndex: Number(digits), byteLength: size })
      }
      this.#lengths.clear()
      for (const { segmentIndex, byteLength } of entries)
        this.#lengths.set(segmentIndex, byteLength)
      return entries
    })
  }

  async #write(
    handle: FileHandle,
    target: {
      readonly segmentIndex: number
      readonly fromByte: number
      readonly frames: Iterable<ColumnFrame>
    },
  ): Promise<number> {
    const { segmentIndex, fromByte, frames } = target
    const { databaseId, collectionId, crc32c } = this.#options
    const owner = { databaseId, collectionId, segmentIndex }
    const writer = new ColumnWriter(handle, { position: fromByte, owner, crc32c })
    const slice = new TimeSlice()
    for (const frame of frames) {
      await writer.write(frame)
      if (slice.isOver()) await slice.next()
    }
    return writer.end()
  }

  async #openForWrite(path: string): Promise<FileHandle> {
    try {
      return await open(path, constants.O_RDWR)
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error
    }
    for (const changed of await makeDirectory(this.#path)) this.#unsynced.add(changed)
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT)
    this.#unsynced.add(this.#path)
    return handle
  }

  async #syncDirectories(): Promise<void> {
    const paths = this.#unsynced
    this.#unsynced = new Set()
    try {
      for (const path of paths) await syncDirectory(path)
    } catch (error) {
      for (const path of paths) this.#unsynced.add(path)
      throw error
    }
  }

  #checkWritable(): void {
    if (!this.#options.readOnly) return
    throw new StateError('SLUICE_READ_ONLY', 'the column files were opened read only')
  }
}

/** Old frames must end where new ones begin: a gap would read as damage later. */
async function cutOff(handle: FileHandle, file: string, fromByte: number): Promise<void> {
  const actual = await sizeOf(handle)
  if (actual < fromByte) throw cutShort(file, fromByte, actual)
  if (actual > fromByte) await handle.truncate(fromByte)
}

async function sizeOf(handle: FileHandle): Promise<number> {
  return (await handle.stat()).size
}

function cutShort(file: string, expected: number, actual: number): CorruptionError {
  return new CorruptionError(
    'SLUICE_CORRUPT',
    `${file}: the file ends at offset ${actual}, expected at least ${expected} bytes`,
    { details: { file, offset: actual, field: 'file length', expected, actual } },
  )
}
