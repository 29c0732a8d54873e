/**
 * The two meta pages, where LMDB starts: transaction N writes page N mod 2, and the newer one
 * counts. They have no checksum. If the newer one were damaged so that the older counts, the
 * transaction in it would be lost silently; so both must be whole and of successive transactions.
 * That what they say is true, the trees must show.
 * Layout: struct MDB_meta and MDB_db in mdb.c, data version 2, 64 bit, little endian:
 *
 *     0 page number u64 | 18 flags u16 | 24 magic u32 | 28 version u32 | 40 map size u64
 *     48 tree of free pages | 96 main tree | 144 last page u64 | 152 transaction u64
 *     a tree: 0 pad u32 | 4 flags u16 | 6 depth u16 | 8 branch, 16 leaf, 24 overflow pages u64
 *             32 entries u64 | 40 root u64
 */

import type { FileHandle } from 'node:fs/promises'
import { CorruptionError } from '@sluice/core'
import { damaged, readU64 } from './damage.js'

const MAGIC = 0xbeef_c0de
const DATA_VERSION = 2
const META_BYTES = 168
const META_FLAG = 0x08
/** What lmdb-js stores for an environment opened as ours: MDB_NOSUBDIR, MDB_INTEGERKEY. */
const FREE_TREE_FLAGS = 0x4008
const PAGE_BYTES_MIN = 4096
const PAGE_BYTES_MAX = 65536
/** More than any machine can map. */
const MAP_BYTES_MAX = 2 ** 48
/** LMDB's CURSOR_STACK: a deeper tree would overflow its cursors. */
const DEPTH_MAX = 32
const READS_MAX = 10

/**
 * What a meta page says about a tree.
 *
 * @internal
 */
export interface TreeSummary {
  readonly depth: number
  readonly branchPages: number
  readonly leafPages: number
  readonly overflowPages: number
  readonly entries: number
  /** Missing for an empty tree. */
  readonly root: number | undefined
}

/**
 * What a meta page says: the state after a transaction.
 *
 * @internal
 */
export interface Snapshot {
  readonly transaction: number
  readonly pageBytes: number
  readonly lastPage: number
  readonly mapBytes: number
  readonly free: TreeSummary
  readonly main: TreeSummary
}

/**
 * Reads both meta pages.
 *
 * @returns the snapshots, the newer one first
 * @throws `SLUICE_CORRUPT`, or `SLUICE_UNSUPPORTED_FORMAT` for another version of LMDB
 * @internal
 */
export async function readSnapshots(
  handle: FileHandle,
  file: string,
): Promise<readonly [Snapshot, Snapshot]> {
  const pageBytes = await readPageBytes(handle, file)
  const pages = await readMetaPages(handle, 2 * pageBytes)
  if (pages.length < 2 * pageBytes) throw damaged(file, 'a meta page is missing', pages.length)
  const first = parseMeta(pages.subarray(0, pageBytes), file, 0)
  const second = parseMeta(pages.subarray(pageBytes), file, pageBytes)
  const isNewerFirst = first.transaction > second.transaction
  const newer = isNewerFirst ? first : second
  const older = isNewerFirst ? second : first
  // A file that is new has two pages of transaction 0.
  const successive = newer.transaction - older.transaction === 1 || newer.transaction === 0
  if (!successive || first.transaction % 2 !== 0 || newer.mapBytes < older.mapBytes) {
    const found = `${first.transaction} and ${second.transaction}`
    throw damaged(file, `its meta pages are of the transactions ${found}`, 0)
  }
  return [newer, older]
}

async function readPageBytes(handle: FileHandle, file: string): Promise<number> {
  const head = Buffer.alloc(META_BYTES)
  const { bytesRead } = await handle.read(head, 0, META_BYTES, 0)
  if (bytesRead < META_BYTES) throw damaged(file, 'it has no meta page', 0)
  checkFormat(head, file, 0)
  const pageBytes = head.readUInt32LE(48)
  const isPower = (pageBytes & (pageBytes - 1)) === 0
  if (!isPower || pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX) {
    throw damaged(file, `it has pages of ${pageBytes} bytes`, 48)
  }
  return pageBytes
}

/** Reads until two readings agree: another process may be writing them. */
async function readMetaPages(handle: FileHandle, byteLength: number): Promise<Buffer> {
  let before = Buffer.alloc(0)
  for (let i = 0; i < READS_MAX; i++) {
    const buffer = Buffer.alloc(byteLength)
    const { bytesRead } = await handle.read(buffer, 0, byteLength, 0)
    const pages = buffer.subarray(0, bytesRead)
    if (pages.equals(before)) return pages
    before = pages
  }
  return before
}

function checkFormat(page: Buffer, file: string, offset: number): void {
  if (page.readUInt32LE(24) !== MAGIC) throw damaged(file, 'a meta page is damaged', offset)
  const version = page.readUInt32LE(28)
  if (version === DATA_VERSION) return
  const message = `${file} is an LMDB file of version ${version}, not ${DATA_VERSION}`
  throw new CorruptionError('SLUICE_UNSUPPORTED_FORMAT', message, { details: { file, version } })
}

function parseMeta(page: Buffer, file: string, offset: number): Snapshot {
  checkFormat(page, file, offset)
  const pageBytes = page.length
  const lastPage = readU64(page, 144)
  const mapBytes = readU64(page, 40)
  const transaction = readU64(page, 152)
  const problem =
    readU64(page, 0) !== offset / pageBytes || page.readUInt16LE(18) !== META_FLAG
      ? 'a meta page is out of place'
      : page.readUInt32LE(48) !== pageBytes
        ? 'its meta pages differ in their page size'
        : page.readUInt16LE(52) !== FREE_TREE_FLAGS || readU64(page, 96) % 2 ** 48 !== 0
          ? 'a meta page has unknown flags'
          : mapBytes > MAP_BYTES_MAX || (lastPage + 1) * pageBytes > mapBytes || lastPage < 1
            ? `a meta page says ${lastPage} is the last page, of ${mapBytes} bytes`
            : transaction > Number.MAX_SAFE_INTEGER
              ? 'a meta page has no transaction'
              : undefined
  if (problem !== undefined) throw damaged(file, problem, offset)
  const free = parseTree(page, 48)
  const main = parseTree(page, 96)
  if (free.depth > DEPTH_MAX || main.depth > DEPTH_MAX) {
    throw damaged(file, 'a meta page has a tree that is too deep', offset)
  }
  return { transaction, pageBytes, lastPage, mapBytes, free, main }
}

function parseTree(page: Buffer, at: number): TreeSummary {
  const isEmpty = page.readBigUInt64LE(at + 40) === 2n ** 64n - 1n
  return {
    depth: page.readUInt16LE(at + 6),
    branchPages: readU64(page, at + 8),
    leafPages: readU64(page, at + 16),
    overflowPages: readU64(page, at + 24),
    entries: readU64(page, at + 32),
    root: isEmpty ? undefined : readU64(page, at + 40),
  }
}
