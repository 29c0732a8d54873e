/**
 * Differing bits between packed rows of `bit`. Four bytes a step where rows are made of whole,
 * aligned words, else byte by byte. Padding bits take part; ingest has made sure they are zero.
 */

import type { RowDistance } from './float32-distance.js'

/**
 * Hamming distances to packed rows of bits.
 *
 * @param query - one row
 * @param rows - packed rows
 * @internal
 */
export function hammingDistance(query: Uint8Array, rows: Uint8Array): RowDistance {
  const stride = query.length
  if (stride % 4 !== 0 || rows.byteOffset % 4 !== 0) {
    return (row) => differingBitsOfBytes(query, rows, row * stride)
  }
  const queryWords = new Int32Array(query.slice().buffer)
  const rowWords = new Int32Array(rows.buffer, rows.byteOffset, Math.floor(rows.length / 4))
  return (row) => differingBits(queryWords, rowWords, row * queryWords.length)
}

function differingBits(query: Int32Array, rows: Int32Array, base: number): number {
  let sum = 0
  for (let i = 0; i < query.length; i++) sum += popcount(query[i]! ^ rows[base + i]!)
  return sum
}

function differingBitsOfBytes(query: Uint8Array, rows: Uint8Array, base: number): number {
  let sum = 0
  for (let i = 0; i < query.length; i++) sum += popcount(query[i]! ^ rows[base + i]!)
  return sum
}

/** Set bits of a word, by adding neighbours: Warren, Hacker's Delight, 5-1. */
function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
