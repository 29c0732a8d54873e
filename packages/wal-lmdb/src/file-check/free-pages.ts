/**
 * The records of LMDB's tree of free pages. One is a list of u64: how many follow, then pages. As
 * lmdb-js writes them, 0 is an empty place, and a negative number the length of the run of pages
 * that starts at the page after it (mdb_midl_xmerge in midl.c). They are in no order.
 */

import { readU64 } from './damage.js'
import type { PageFile } from './page-file.js'

/**
 * Notes the pages of one record as free.
 *
 * @param value - the record
 * @param page - where it lies, for messages
 * @throws `SLUICE_CORRUPT` for a page that is used, too, or for no such list
 * @internal
 */
export function noteFreePages(file: PageFile, value: Buffer, page: number): void {
  const count = value.length < 8 ? Number.POSITIVE_INFINITY : readU64(value, 0)
  if (8 * (count + 1) > value.length) throw file.damage(page, 'has a list of free pages cut off')
  let runLength = 1
  for (let i = 1; i <= count; i++) {
    const isNegative = value.readInt32LE(8 * i + 4) < 0
    const entry = isNegative ? Number(value.readBigInt64LE(8 * i)) : readU64(value, 8 * i)
    if (isNegative) {
      if (runLength !== 1 || i === count || entry < -file.runLengthMax) {
        throw file.damage(page, 'has a run of free pages of no length')
      }
      runLength = -entry
      continue
    }
    if (entry === 0 && runLength === 1) continue
    for (let free = entry; free < entry + runLength; free++) file.free(free)
    runLength = 1
  }
}
