/**
 * One page of a tree: is everything in it where LMDB puts it? Looks at numbers and places only, not
 * at the order of keys. LMDB keeps the nodes of a page at its end without gaps.
 * Layout: struct MDB_page and MDB_node in mdb.c, data version 2, 64 bit, little endian:
 *
 *     0 page number u64 | 8 transaction u64 | 18 flags u16 | 20 lower u16 | 22 upper u16
 *     24 for each node, in the order of keys: where it starts, less 24, u16
 *     a node: 0 value length u32, or child page u48 | 4 flags u16 | 6 key length u16 | 8 key, value
 */

import { readU64 } from './damage.js'

/**
 * Bytes in front of the content of a page; of a value on pages of its own, too.
 *
 * @internal
 */
export const PAGE_HEADER_BYTES = 24
const NODE_HEADER_BYTES = 8
const FLAG_BRANCH = 0x01
const FLAG_LEAF = 0x02
const FLAG_OVERFLOW = 0x04
/** The value lies on pages of its own; the node says which: page u64, transaction, count u64. */
const NODE_OVERFLOW = 0x01
const OVERFLOW_NODE_BYTES = 24

/**
 * What a page has to be.
 *
 * @internal
 */
export interface PageDuty {
  readonly page: number
  readonly isBranch: boolean
  /** The last transaction that can have written it. */
  readonly transactionMax: number
  readonly nodeCountMin: number
}

/**
 * What is wrong with a page of a tree.
 *
 * @returns undefined when nothing is
 * @internal
 */
export function pageProblem(bytes: Buffer, duty: PageDuty): string | undefined {
  const { page, isBranch, transactionMax, nodeCountMin } = duty
  if (readU64(bytes, 0) !== page) return `says it is page ${readU64(bytes, 0)}`
  const transaction = transactionOf(bytes)
  if (transaction === 0 || transaction > transactionMax) {
    return `is of transaction ${transaction}, after ${transactionMax}`
  }
  if (bytes.readUInt16LE(18) !== (isBranch ? FLAG_BRANCH : FLAG_LEAF)) return 'has the wrong flags'
  const lower = bytes.readUInt16LE(20)
  const upper = bytes.readUInt16LE(22)
  const end = bytes.length - PAGE_HEADER_BYTES
  if (lower % 2 !== 0 || lower > upper || upper > end) return 'has bounds out of range'
  if (nodeCountOf(bytes) < nodeCountMin) return 'has too few nodes'
  return nodesProblem(bytes, isBranch, upper)
}

function nodesProblem(bytes: Buffer, isBranch: boolean, upper: number): string | undefined {
  const end = bytes.length - PAGE_HEADER_BYTES
  const nodeCount = nodeCountOf(bytes)
  // Start in the upper half, length in the lower: sorts by start.
  const places = new Uint32Array(nodeCount)
  for (let i = 0; i < nodeCount; i++) {
    const start = bytes.readUInt16LE(PAGE_HEADER_BYTES + 2 * i)
    if (start < upper || start % 2 !== 0 || start + NODE_HEADER_BYTES > end) {
      return `has node ${i} out of range`
    }
    const length = nodeBytes(bytes, PAGE_HEADER_BYTES + start, isBranch)
    if (start + length > end) return `has node ${i} beyond its end`
    places[i] = start * 65536 + length
  }
  places.sort()
  let next = upper
  for (const place of places) {
    if (place >>> 16 !== next) return 'has nodes that overlap or leave gaps'
    next += place & 0xffff
  }
  return next === end ? undefined : 'has nodes that do not fill it'
}

/** Bytes of a node, which is even; more than a page when it is damaged. */
function nodeBytes(bytes: Buffer, node: number, isBranch: boolean): number {
  const keyed = NODE_HEADER_BYTES + keyLengthOf(bytes, node)
  if (isBranch) return keyed + (keyed & 1)
  const flags = bytes.readUInt16LE(node + 4)
  if (flags > NODE_OVERFLOW) return Number.POSITIVE_INFINITY
  const value = flags === NODE_OVERFLOW ? OVERFLOW_NODE_BYTES : valueLengthOf(bytes, node)
  return keyed + value + ((keyed + value) & 1)
}

/** The transaction that wrote a page. @internal */
export function transactionOf(bytes: Buffer): number {
  return readU64(bytes, 8)
}

/** Nodes of a page. @internal */
export function nodeCountOf(bytes: Buffer): number {
  return bytes.readUInt16LE(20) >>> 1
}

/** Where node `i` starts. @internal */
export function nodeAt(bytes: Buffer, i: number): number {
  return PAGE_HEADER_BYTES + bytes.readUInt16LE(PAGE_HEADER_BYTES + 2 * i)
}

/** Where the key of a node starts. @internal */
export function keyAt(node: number): number {
  return node + NODE_HEADER_BYTES
}

/** Bytes of the key of a node. @internal */
export function keyLengthOf(bytes: Buffer, node: number): number {
  return bytes.readUInt16LE(node + 6)
}

/** Bytes of the value of a node of a leaf. @internal */
export function valueLengthOf(bytes: Buffer, node: number): number {
  return bytes.readUInt32LE(node)
}

/** The page that a node of a branch points to. @internal */
export function childOf(bytes: Buffer, node: number): number {
  return bytes.readUInt32LE(node) + bytes.readUInt16LE(node + 4) * 2 ** 32
}

/**
 * A value on pages of its own.
 *
 * @internal
 */
export interface OverflowRun {
  readonly page: number
  readonly count: number
  readonly byteLength: number
}

/** Where the value of a leaf's node lies, unless it lies in the node. @internal */
export function overflowOf(bytes: Buffer, node: number): OverflowRun | undefined {
  if (bytes.readUInt16LE(node + 4) !== NODE_OVERFLOW) return undefined
  const at = keyAt(node) + keyLengthOf(bytes, node)
  return {
    page: readU64(bytes, at),
    count: readU64(bytes, at + 16),
    byteLength: valueLengthOf(bytes, node),
  }
}

/**
 * What is wrong with the pages of a value.
 *
 * @param bytes - at least their header
 * @returns undefined when nothing is
 * @internal
 */
export function overflowProblem(
  bytes: Buffer,
  { page, count }: OverflowRun,
  transactionMax: number,
): string | undefined {
  if (readU64(bytes, 0) !== page) return `says it is page ${readU64(bytes, 0)}`
  if (bytes.readUInt16LE(18) !== FLAG_OVERFLOW) return 'has the wrong flags'
  if (bytes.readUInt32LE(20) !== count) return 'has a value of another length'
  const transaction = transactionOf(bytes)
  if (transaction > 0 && transaction <= transactionMax) return undefined
  return `is of transaction ${transaction}, after ${transactionMax}`
}
