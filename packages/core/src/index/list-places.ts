/**
 * Where lists lie: each in whole blocks, in the order of their numbers, in chunks that no list
 * spans.
 */

import { BLOCK_ROWS } from '../code-layout.js'
import type { RowLists } from './row-lists.js'

/** Numbers of a list in the extents. @internal */
export const EXTENT_NUMBERS = 3

/** Bytes of a chunk of lists, unless one list alone is longer. */
const CHUNK_BYTES = 16 * 1024 * 1024

/**
 * Gives lists their places, one after the other.
 *
 * @internal
 */
export class ListPlaces {
  /** Three numbers a list: its chunk, its first block in the chunk, its entries. */
  readonly extents: Uint32Array
  /** Blocks of each chunk. */
  readonly chunkBlocks: number[] = []
  readonly #blocksMax: number

  /** @param blockBytes - bytes of a block */
  constructor(listCount: number, blockBytes: number) {
    this.extents = new Uint32Array(new SharedArrayBuffer(4 * EXTENT_NUMBERS * listCount))
    this.#blocksMax = Math.max(1, Math.floor(CHUNK_BYTES / blockBytes))
  }

  /** Places lists `from` to `to`, which follow those placed before, by their entries. */
  place(counts: Uint32Array, from: number, to: number): void {
    const { extents, chunkBlocks } = this
    for (let list = from; list < to; list++) {
      const count = counts[list]!
      if (count === 0) continue
      const blocks = Math.ceil(count / BLOCK_ROWS)
      const used = chunkBlocks.at(-1)
      if (used === undefined || used + blocks > this.#blocksMax) chunkBlocks.push(0)
      const chunk = chunkBlocks.length - 1
      extents.set([chunk, chunkBlocks[chunk]!, count], EXTENT_NUMBERS * list)
      chunkBlocks[chunk] = chunkBlocks[chunk]! + blocks
    }
  }
}

/**
 * Where a list is: its chunk, its first block there, and its entries.
 *
 * @internal
 */
export function extentOf(
  extents: Uint32Array,
  list: number,
): { readonly chunk: number; readonly block: number; readonly entries: number } {
  const at = EXTENT_NUMBERS * list
  return { chunk: extents[at]!, block: extents[at + 1]!, entries: extents[at + 2]! }
}

/**
 * The entries of all lists.
 *
 * @internal
 */
export function entriesOf({ extents }: Pick<RowLists, 'extents'>): number {
  let entries = 0
  for (let at = 2; at < extents.length; at += 3) entries += extents[at]!
  return entries
}
