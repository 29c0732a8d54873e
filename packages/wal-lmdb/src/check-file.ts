/**
 * Is all of an LMDB file there? LMDB maps the file and trusts it: a page that a truncated file no
 * longer has kills the process with SIGBUS (10 of 10 tries). So its length is compared with the
 * meta page before it is opened. A whole file may be shorter than its meta page says when its last
 * pages were never used; then the trees are walked to see whether a page in use is missing.
 * The layout is that of LMDB's data version 2, 64 bit (struct MDB_meta in mdb.c).
 */

import { type FileHandle, open } from 'node:fs/promises'
import { CorruptionError } from '@sluice/core'
import { missingPage } from './reachable-pages.js'

const MAGIC = 0xbeef_c0de
const DATA_VERSION = 2
const PAGE_HEADER_BYTES = 24
const META_BYTES = PAGE_HEADER_BYTES + 144
const PAGE_BYTES_MIN = 256
const PAGE_BYTES_MAX = 65536
/** A page number that means: this tree is empty. */
const NO_PAGE = 2n ** 64n - 1n

interface Meta {
  readonly pageBytes: number
  /** Root pages of the trees that have any. */
  readonly roots: readonly number[]
  readonly lastPage: number
  readonly transaction: bigint
}

/**
 * Checks that a file can be mapped safely, as far as its length goes.
 *
 * @param file - an LMDB data file; an empty one is fine, LMDB starts it
 * @throws `SLUICE_CORRUPT` when pages in use are missing, `SLUICE_UNSUPPORTED_FORMAT` for another
 * version of LMDB
 * @internal
 */
export async function checkFile(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > 0) await checkPages(handle, file, size)
  } finally {
    await handle.close()
  }
}

async function checkPages(handle: FileHandle, file: string, size: number): Promise<void> {
  const first = await readMeta(handle, file, 0)
  const second = first && (await readMeta(handle, file, first.pageBytes))
  const meta = newer(first, second)
  if (meta === undefined) throw damaged(file, 'its meta pages are damaged', { size })
  const { pageBytes, lastPage, roots } = meta
  const expected = (lastPage + 1) * pageBytes
  if (size >= expected) return
  const missing = await missingPage({ handle, size, pageBytes }, roots)
  if (missing === undefined) return
  throw damaged(file, `page ${missing} is missing`, { size, expected, offset: missing * pageBytes })
}

async function readMeta(
  handle: FileHandle,
  file: string,
  position: number,
): Promise<Meta | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(META_BYTES), 0, META_BYTES, position)
  if (bytesRead < META_BYTES || buffer.readUInt32LE(24) !== MAGIC) return undefined
  const version = buffer.readUInt32LE(28)
  if (version !== DATA_VERSION) {
    const message = `${file} is an LMDB file of version ${version}, not ${DATA_VERSION}`
    throw new CorruptionError('SLUICE_UNSUPPORTED_FORMAT', message, { details: { file, version } })
  }
  const pageBytes = buffer.readUInt32LE(48)
  const valid = pageBytes >= PAGE_BYTES_MIN && pageBytes <= PAGE_BYTES_MAX
  if (!valid || (pageBytes & (pageBytes - 1)) !== 0) return undefined
  const roots = [buffer.readBigUInt64LE(88), buffer.readBigUInt64LE(136)]
  return {
    pageBytes,
    roots: roots.filter((page) => page !== NO_PAGE).map(Number),
    lastPage: Number(buffer.readBigUInt64LE(144)),
    transaction: buffer.readBigUInt64LE(152),
  }
}

function newer(a: Meta | undefined, b: Meta | undefined): Meta | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.transaction > b.transaction ? a : b
}

function damaged(
  file: string,
  problem: string,
  details: Readonly<Record<string, unknown>>,
): CorruptionError {
  const message = `The log file ${file} cannot be opened: ${problem}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, ...details } })
}
