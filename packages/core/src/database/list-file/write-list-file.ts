/** Writes a list file: all of it or none, also after power loss. */

import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '../../durable-file.js'
import type { RowShape } from '../../index/code-space.js'
import { EXTENT_NUMBERS } from '../../index/list-places.js'
import type { BuiltLists } from '../../index/list-set.js'
import { guardFile } from '../../segment/guard-file.js'
import { writeAll } from '../../whole-io.js'
import { type Crc32c, crcInSteps } from '../crc-in-steps.js'
import { encodeListHeader, LIST_HEADER_BYTES, type ListHeader } from './list-header.js'
import { blockBytesOf, encodeListTables, listBlocksOf } from './list-parts.js'

/** Bytes of one call of the system. */
const PIECE_BYTES = 4 * 1024 * 1024

/**
 * Whose lists they are.
 *
 * @internal
 */
export interface ListOwner {
  /** 16 bytes. */
  readonly databaseId: Uint8Array
  readonly collectionId: number
  readonly shape: RowShape
}

/**
 * What a list file says.
 *
 * @internal
 */
export interface ListFileContent extends Omit<BuiltLists, 'leases'> {
  readonly owner: ListOwner
  /** A record with which everything that the lists were made of is durable. */
  readonly lsn: bigint
}

/**
 * Where a list file is written before it gets its name.
 *
 * @internal
 */
export function unfinishedListFile(path: string): string {
  return `${path}.new`
}

/**
 * Replaces a list file. The lists must stay as they are meanwhile.
 *
 * @returns bytes of the file
 * @throws StorageError; the file is as it was, then
 * @internal
 */
export function writeListFile(
  path: string,
  content: ListFileContent,
  crc32c: Crc32c,
): Promise<number> {
  const unfinished = unfinishedListFile(path)
  return guardFile('write', path, async () => {
    try {
      const handle = await open(unfinished, 'w')
      let byteLength: number
      try {
        byteLength = await writeContent(handle, content, crc32c)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(unfinished, path)
      await syncDirectory(dirname(path))
      return byteLength
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  })
}

/** The header comes last, since it has the checksums. */
async function writeContent(
  handle: FileHandle,
  content: ListFileContent,
  crc32c: Crc32c,
): Promise<number> {
  const { lists, calibration, owner, lsn, aliveRows } = content
  const { space, extents, centroids, centroidBlocks } = lists
  const listCount = extents.length / EXTENT_NUMBERS
  const counts = Uint32Array.from({ length: listCount }, (_, i) => extents[EXTENT_NUMBERS * i + 2]!)
  const blockBytes = blockBytesOf(owner.shape)
  const { plans, rowQueries, userQueries } = calibration
  const writer = new PartWriter(handle, crc32c)
  const tablesCrc = await writer.write([encodeListTables({ plans, mean: space.mean, counts })])
  const { buffer, byteOffset, byteLength } = centroids
  const centroidsCrc = await writer.write([new Uint8Array(buffer, byteOffset, byteLength)])
  const centroidBlocksCrc = await writer.write([centroidBlocks])
  const blocksAt = writer.position
  const blocksCrc = await writer.write(listBlocksOf(lists, blockBytes))
  const header: ListHeader = {
    ...owner.shape,
    databaseId: owner.databaseId,
    collectionId: owner.collectionId,
    lsn,
    rowCount: lists.rowCount,
    clusteredRows: lists.clusteredRows,
    aliveRows,
    listCount,
    listsPerRow: lists.listsPerRow,
    planCount: plans.length,
    rowQueries,
    userQueries,
    blockCount: (writer.position - blocksAt) / blockBytes,
    tablesCrc,
    centroidsCrc,
    centroidBlocksCrc,
    blocksCrc,
  }
  await writeAll(handle, [encodeListHeader(header, crc32c)], 0)
  return writer.position
}

/** Writes one part after the other, behind the header. */
class PartWriter {
  position = LIST_HEADER_BYTES
  readonly #handle: FileHandle
  readonly #crc32c: Crc32c

  constructor(handle: FileHandle, crc32c: Crc32c) {
    this.#handle = handle
    this.#crc32c = crc32c
  }

  /** Writes a part; resolves with its checksum. */
  async write(part: Iterable<Uint8Array>): Promise<number> {
    let crc = 0
    for (const bytes of part) {
      for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES) {
        const piece = bytes.subarray(from, from + PIECE_BYTES)
        crc = await crcInSteps(this.#crc32c, piece, crc)
        await writeAll(this.#handle, [piece], this.position)
        this.position += piece.byteLength
      }
    }
    return crc
  }
}
