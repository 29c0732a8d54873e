/**
 * Walks the trees of an LMDB file without LMDB and without mapping it, to find out whether every
 * page in use lies within the file. Looks at structure only, never at keys or values.
 * Layout: struct MDB_page, MDB_node, MDB_ovpage in mdb.c, data version 2, 64 bit, little endian.
 */

import type { FileHandle } from 'node:fs/promises'

const PAGE_HEADER_BYTES = 24
const NODE_HEADER_BYTES = 8
const FLAG_BRANCH = 0x01
const FLAG_LEAF = 0x02
/** The node's value lies on overflow pages; the node says which. */
const NODE_OVERFLOW = 0x01

/**
 * The file to look at.
 *
 * @internal
 */
export interface PageFile {
  readonly handle: FileHandle
  /** Bytes of the file. */
  readonly size: number
  readonly pageBytes: number
}

/**
 * The first page that the trees need and the file does not have.
 *
 * @param file - the file
 * @param roots - root pages of the trees
 * @returns undefined when all are there
 * @internal
 */
export async function missingPage(
  file: PageFile,
  roots: readonly number[],
): Promise<number | undefined> {
  const { handle, size, pageBytes } = file
  const pageCount = Math.floor(size / pageBytes)
  const seen = new Set<number>()
  const pending = [...roots]
  const page = Buffer.alloc(pageBytes)
  for (let pageNumber = pending.pop(); pageNumber !== undefined; pageNumber = pending.pop()) {
    if (pageNumber >= pageCount) return pageNumber
    // A damaged tree may lead in a circle.
    if (seen.has(pageNumber)) continue
    seen.add(pageNumber)
    await handle.read(page, 0, pageBytes, pageNumber * pageBytes)
    for (const { first, count } of pagesBelow(page)) {
      if (first + count > pageCount) return Math.max(first, pageCount)
      if (count === 1 && (page.readUInt16LE(18) & FLAG_BRANCH) !== 0) pending.push(first)
    }
  }
  return undefined
}

/** Runs of pages that the nodes of a page point to. */
function* pagesBelow(page: Buffer): Generator<{ first: number; count: number }> {
  const flags = page.readUInt16LE(18)
  if ((flags & (FLAG_BRANCH | FLAG_LEAF)) === 0) return
  const nodeCount = Math.min(page.readUInt16LE(20) >>> 1, (page.length - PAGE_HEADER_BYTES) >>> 1)
  for (let i = 0; i < nodeCount; i++) {
    const node = PAGE_HEADER_BYTES + page.readUInt16LE(PAGE_HEADER_BYTES + 2 * i)
    if (node + NODE_HEADER_BYTES > page.length) continue
    const nodeFlags = page.readUInt16LE(node + 4)
    if ((flags & FLAG_BRANCH) !== 0) {
      yield { first: page.readUInt32LE(node) + nodeFlags * 2 ** 32, count: 1 }
      continue
    }
    const value = node + NODE_HEADER_BYTES + page.readUInt16LE(node + 6)
    if ((nodeFlags & NODE_OVERFLOW) === 0 || value + 24 > page.length) continue
    const first = Number(page.readBigUInt64LE(value))
    yield { first, count: Number(page.readBigUInt64LE(value + 16)) }
  }
}
