/**
 * Is this an LMDB file that LMDB can be trusted with? LMDB maps its file and believes it: a page
 * that is missing or damaged kills the process (SIGBUS, SIGSEGV, abort), and a page both free and
 * in use loses records at the next write. So before LMDB opens a file, its structure is checked
 * with plain reads. The values are not: records bring their own checksums.
 */

import { type FileHandle, open } from 'node:fs/promises'
import { damaged } from './damage.js'
import { noteFreePages } from './free-pages.js'
import { readSnapshots, type Snapshot } from './meta-pages.js'
import { PageFile } from './page-file.js'
import { FREE_KEYS, LOG_KEYS } from './tree-keys.js'
import { PAGE_HEADER_BYTES, transactionOf } from './tree-page.js'
import { walkTree } from './walk-tree.js'

/**
 * Checks the structure of a log file: both meta pages, all pages of both trees, all free pages.
 *
 * @param file - an LMDB data file
 * @throws `SLUICE_CORRUPT` (details: `file`, `offset`), or `SLUICE_UNSUPPORTED_FORMAT` for another
 * version of LMDB
 * @internal
 */
export async function checkFile(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await checkPages(handle, file)
  } finally {
    await handle.close()
  }
}

/**
 * The transaction that wrote a file last; it changes when another process writes.
 *
 * @throws `SLUICE_CORRUPT` when the meta pages are damaged
 * @internal
 */
export async function lastTransaction(file: string): Promise<number> {
  const handle = await open(file, 'r')
  try {
    const [{ transaction }] = await readSnapshots(handle, file)
    return transaction
  } finally {
    await handle.close()
  }
}

async function checkPages(handle: FileHandle, file: string): Promise<void> {
  const [snapshot, older] = await readSnapshots(handle, file)
  const { transaction } = snapshot
  // After the meta page, which is written last: all of its pages are there.
  const { size } = await handle.stat()
  await checkRoot(handle, file, snapshot)
  await checkRoot(handle, file, older)
  const pages = new PageFile(handle, file, size, snapshot)
  const common = { file: pages, transaction }
  await walkTree({ ...common, tree: snapshot.main, keys: LOG_KEYS, childCountMin: 2 })
  const lists: (readonly [Buffer, number])[] = []
  const onValue = (value: Buffer, page: number): void => {
    lists.push([Buffer.from(value), page])
  }
  await walkTree({ ...common, tree: snapshot.free, keys: FREE_KEYS, childCountMin: 1, onValue })
  for (const [value, page] of lists) noteFreePages(pages, value, page)
  pages.assertLength()
}

/**
 * Each transaction writes the root of the log's tree anew. So a meta page whose root is of another
 * transaction tells the wrong one, or the wrong root.
 */
async function checkRoot(handle: FileHandle, file: string, snapshot: Snapshot): Promise<void> {
  const { transaction, main, pageBytes } = snapshot
  const { root } = main
  // What there was before the first transaction.
  if (root === undefined && transaction === 0) return
  const offset = (transaction % 2) * pageBytes
  if (root === undefined || root > snapshot.lastPage) {
    throw damaged(file, 'a meta page tells of no records', offset)
  }
  const header = Buffer.alloc(PAGE_HEADER_BYTES)
  await handle.read(header, 0, PAGE_HEADER_BYTES, root * pageBytes)
  if (transactionOf(header) === transaction) return
  const found = transactionOf(header)
  throw damaged(file, `transaction ${transaction} has its root in transaction ${found}`, offset)
}
