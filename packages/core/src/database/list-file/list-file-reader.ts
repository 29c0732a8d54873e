/**
 * Reads a list file. Nothing that it says is trusted before it was compared with its checksum, with
 * the length of the file and with the collection, so that nobody allocates by a wrong number.
 */

import { type FileHandle, open } from 'node:fs/promises'
import { BLOCK_ROWS } from '../../code-layout.js'
import { storageErrorFrom } from '../../errors.js'
import { ifThere } from '../../if-there.js'
import { runAtOnce } from '../../segment/at-once.js'
import { guardFile } from '../../segment/guard-file.js'
import { readAt } from '../../whole-io.js'
import { type Crc32c, crcInSteps } from '../crc-in-steps.js'
import {
  decodeListHeader,
  LIST_HEADER_BYTES,
  type ListFileFault,
  type ListHeader,
  listFileFault,
} from './list-header.js'
import {
  decodeListTables,
  type ListPart,
  type ListPartName,
  type ListTables,
  listPartsOf,
} from './list-parts.js'
import type { ListOwner } from './write-list-file.js'

/** Plans of a calibration, at most: some recalls for some sizes of answers. */
const PLANS_MAX = 1024
/** Bytes of one call of the system. */
const PIECE_BYTES = 1024 * 1024
/** Calls under way at a time. */
const PIECES_AT_ONCE = 4

/**
 * The collection that a list file must fit.
 *
 * @internal
 */
export interface ListFileFit {
  readonly owner: ListOwner
  /** Rows that there are. */
  readonly rowCount: number
  /** The last record of the log. */
  readonly lastLsn: bigint
}

/**
 * An open list file.
 *
 * @internal
 */
export class ListFileReader {
  readonly file: string
  /** Bytes of the file. */
  readonly byteLength: number
  readonly header: ListHeader
  readonly #handle: FileHandle
  readonly #crc32c: Crc32c
  readonly #parts: Readonly<Record<ListPartName, ListPart>>

  private constructor(
    file: string,
    handle: FileHandle,
    content: { readonly byteLength: number; readonly header: ListHeader },
    crc32c: Crc32c,
  ) {
    this.file = file
    this.byteLength = content.byteLength
    this.header = content.header
    this.#handle = handle
    this.#crc32c = crc32c
    this.#parts = listPartsOf(content.header)
  }

  /**
   * Opens a file and reads its header.
   *
   * @returns undefined when there is none
   * @throws CorruptionError; StorageError
   */
  static async open(file: string, crc32c: Crc32c): Promise<ListFileReader | undefined> {
    const handle = await guardFile('open', file, () => ifThere(() => open(file, 'r')))
    if (handle === undefined) return undefined
    try {
      const { size: byteLength } = await handle.stat()
      const bytes = await readAt(handle, new Uint8Array(LIST_HEADER_BYTES), 0)
      const header = decodeListHeader(bytes, file, crc32c)
      return new ListFileReader(file, handle, { byteLength, header }, crc32c)
    } catch (error) {
      await handle.close()
      throw storageErrorFrom(error, `read ${file}`, { file })
    }
  }

  /**
   * Checks that the file is of this collection as it is now, and as long as it says.
   *
   * @throws CorruptionError
   */
  checkFits({ owner, rowCount, lastLsn }: ListFileFit): void {
    const { header } = this
    const { metric, dtype, dimension } = owner.shape
    const entriesMax = header.listsPerRow * header.rowCount
    const { blocks } = this.#parts
    this.#check('database id', hex(owner.databaseId), hex(header.databaseId))
    this.#check('collection id', owner.collectionId, header.collectionId)
    this.#check('metric', metric, header.metric)
    this.#check('dtype', dtype, header.dtype)
    this.#check('dimension', dimension, header.dimension)
    this.#check('lsn', `at most ${lastLsn}`, header.lsn, header.lsn <= lastLsn)
    this.#checkRange('row count', header.rowCount, 0, rowCount)
    this.#check('rows of no whole block', 0, header.rowCount % BLOCK_ROWS)
    this.#checkRange('clustered rows', header.clusteredRows, 0, header.rowCount)
    this.#checkRange('alive rows', header.aliveRows, 0, header.rowCount)
    this.#checkRange('lists', header.listCount, 1, Math.max(1, header.rowCount))
    this.#checkRange('lists per row', header.listsPerRow, 1, 2)
    this.#checkRange('plans', header.planCount, 0, PLANS_MAX)
    this.#checkRange('blocks', header.blockCount, 0, entriesMax / BLOCK_ROWS + header.listCount)
    this.#check('file length', blocks.offset + blocks.byteLength, this.byteLength)
  }

  /**
   * The tables of a file that fits.
   *
   * @throws CorruptionError; StorageError
   */
  async readTables(): Promise<ListTables> {
    const { header } = this
    const bytes = new Uint8Array(this.#parts.tables.byteLength)
    await this.readPart('tables', [bytes])
    const tables = decodeListTables(header, bytes)
    for (const { k, probes, recall, reach, eps } of tables.plans) {
      this.#checkRange('k of a plan', k, 1, Number.POSITIVE_INFINITY)
      this.#checkRange('probes of a plan', probes, 0, header.listCount)
      this.#checkRange('recall of a plan', recall, 0, 1)
      this.#checkRange('reach of a plan', reach, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
      this.#checkRange('eps of a plan', eps, 0, Number.POSITIVE_INFINITY)
    }
    let blockCount = 0
    let entries = 0
    for (const count of tables.counts) {
      blockCount += Math.ceil(count / BLOCK_ROWS)
      entries += count
    }
    this.#check('blocks of all lists', header.blockCount, blockCount)
    this.#checkRange('entries', entries, 0, header.listsPerRow * header.rowCount)
    return tables
  }

  /**
   * Reads a part and compares it with its checksum. What was read is arbitrary when it throws.
   *
   * @param targets - memory for all of its bytes; each is done with when the next one is asked for
   * @throws CorruptionError; StorageError
   */
  async readPart(name: ListPartName, targets: Iterable<Uint8Array>): Promise<void> {
    const part = this.#parts[name]
    let position = part.offset
    let crc = 0
    for (const target of targets) {
      await this.#fill(target, position)
      crc = await crcInSteps(this.#crc32c, target, crc)
      position += target.byteLength
    }
    this.#check(`bytes of the ${name}`, part.byteLength, position - part.offset)
    if (crc === part.crc) return
    const field = `crc32c of the ${name}`
    throw this.fault({ field, offset: part.offset, expected: part.crc, actual: crc })
  }

  /**
   * Compares every part with its checksum.
   *
   * @param onPiece - called every now and then; ends it by throwing
   * @throws CorruptionError; StorageError; what `onPiece` throws
   */
  async checkParts(onPiece: () => void): Promise<void> {
    const buffer = new Uint8Array(PIECE_BYTES)
    for (const { name, byteLength } of Object.values(this.#parts)) {
      await this.readPart(name, repeat(buffer, byteLength, onPiece))
    }
  }

  /** The error for something that cannot be right. */
  fault(fault: ListFileFault): Error {
    return listFileFault(this.file, fault)
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle.close()
  }

  /** Reads some pieces at a time: most of the work is the first touch of new memory. */
  async #fill(target: Uint8Array, position: number): Promise<void> {
    const count = Math.ceil(target.byteLength / PIECE_BYTES)
    await runAtOnce({ count, atOnce: PIECES_AT_ONCE }, async (index) => {
      const from = index * PIECE_BYTES
      const piece = target.subarray(from, from + PIECE_BYTES)
      const read = await guardFile('read', this.file, () =>
        readAt(this.#handle, piece, position + from),
      )
      this.#check(`bytes at ${position + from}`, piece.byteLength, read.byteLength)
    })
  }

  #check(
    field: string,
    expected: unknown,
    actual: unknown,
    isRight: boolean = expected === actual,
  ): void {
    if (!isRight) throw this.fault({ field, expected, actual })
  }

  /** NaN is in no range. */
  #checkRange(field: string, actual: number, min: number, max: number): void {
    this.#check(field, `${min} to ${max}`, actual, actual >= min && actual <= max)
  }
}

/** The same memory again and again, for so many bytes. */
function* repeat(
  buffer: Uint8Array,
  byteLength: number,
  onPiece: () => void,
): Generator<Uint8Array> {
  for (let left = byteLength; left > 0; left -= buffer.byteLength) {
    onPiece()
    yield buffer.subarray(0, left)
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
