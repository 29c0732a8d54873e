/** What keys there are in the two trees of a log file, and their order. */

import { readU64 } from './damage.js'

/**
 * The keys of a tree. Keys are bytes `start` to `start + length` of a page.
 *
 * @internal
 */
export interface TreeKeys {
  /** Whether these bytes can be a key. */
  isKey(bytes: Buffer, start: number, length: number): boolean
  /** Below 0 when the first key comes first, 0 for equal ones. Both are keys. */
  compare(a: Buffer, aStart: number, b: Buffer, bStart: number): number
}

const RECORD_KEY_BYTES = 12
const MARK = 0xff

/**
 * Keys of the log, in the order of their bytes: LSN and part, or the start mark, which is last.
 *
 * @internal
 */
export const LOG_KEYS: TreeKeys = {
  isKey(bytes, start, length) {
    if (length === 1) return bytes[start] === MARK
    return length === RECORD_KEY_BYTES && bytes[start]! < 0x80
  },
  compare(a, aStart, b, bStart) {
    for (let i = 0; i < RECORD_KEY_BYTES; i++) {
      const difference = a[aStart + i]! - b[bStart + i]!
      if (difference !== 0) return difference
      if (i === 0 && a[aStart] === MARK) return 0
    }
    return 0
  },
}

/**
 * Keys of the tree of free pages: transactions, as numbers.
 *
 * @internal
 */
export const FREE_KEYS: TreeKeys = {
  isKey: (bytes, start, length) => length === 8 && readU64(bytes, start) > 0,
  compare: (a, aStart, b, bStart) => readU64(a, aStart) - readU64(b, bStart),
}
