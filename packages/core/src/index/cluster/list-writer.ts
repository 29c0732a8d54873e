/**
 * Moves codes from blocks of rows into blocks of lists. A row's lane is moved as it is. Writers on
 * several threads may put rows into the same lists: they never touch the same bytes.
 */

import { BLOCK_ROWS, type BlockLayout, NO_ROW } from '../../code-layout.js'
import { EXTENT_NUMBERS } from '../list-places.js'
import type { ListMemory } from './list-memory.js'

/** F, A, E and the row number. */
const NUMBER_COLUMNS = 4
const WORD_BYTES = 4

/**
 * Blocks, as bytes and as words.
 *
 * @internal
 */
export class Blocks {
  readonly bytes: Uint8Array
  readonly words: Uint32Array

  /** @param bytes - from a multiple of 4 in their buffer on */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  }
}

/**
 * Writes lists.
 *
 * @internal
 */
export class ListWriter {
  readonly #layout: BlockLayout
  readonly #extents: Uint32Array
  readonly #chunks: readonly Blocks[]
  readonly #emptyBlock: Uint8Array

  constructor({ chunks, extents }: ListMemory, layout: BlockLayout) {
    this.#layout = layout
    this.#extents = extents
    this.#chunks = chunks.map((chunk) => new Blocks(chunk))
    this.#emptyBlock = emptyBlockOf(layout)
  }

  /** Empties the last block of a list with so many entries. */
  clearLast(list: number, entries: number): void {
    if (entries > 0) this.copy(list, Math.floor((entries - 1) / BLOCK_ROWS), this.#emptyBlock)
  }

  /**
   * Copies whole blocks as they are.
   *
   * @param block - of the list: where the first goes
   */
  copy(list: number, block: number, blocks: Uint8Array): void {
    this.#chunkOf(list).bytes.set(blocks, this.#blockAt(list, block * BLOCK_ROWS))
  }

  /**
   * Adds one row to a list.
   *
   * @param place - how many entries of the list come before
   * @param source - blocks made by `encode`
   * @param lane - of the row, counted from the first block
   */
  put(list: number, place: number, source: Blocks, lane: number): void {
    const { byteLength, codeBytes, factorsAt } = this.#layout
    const target = this.#chunkOf(list)
    const targetBlock = this.#blockAt(list, place)
    const targetLane = place % BLOCK_ROWS
    const sourceBlock = Math.floor(lane / BLOCK_ROWS) * byteLength
    const sourceLane = lane % BLOCK_ROWS
    const { bytes } = source
    const targetBytes = target.bytes
    let from = sourceBlock + sourceLane
    let to = targetBlock + targetLane
    // Two at a time: their number is even, and the loop costs as much as a copy.
    for (const end = from + codeBytes * BLOCK_ROWS; from < end; ) {
      targetBytes[to] = bytes[from]!
      targetBytes[to + BLOCK_ROWS] = bytes[from + BLOCK_ROWS]!
      from += 2 * BLOCK_ROWS
      to += 2 * BLOCK_ROWS
    }
    const { words } = source
    const targetWords = target.words
    from = (sourceBlock + factorsAt) / WORD_BYTES + sourceLane
    to = (targetBlock + factorsAt) / WORD_BYTES + targetLane
    for (let column = 0; column < NUMBER_COLUMNS; column++) {
      targetWords[to] = words[from]!
      from += BLOCK_ROWS
      to += BLOCK_ROWS
    }
  }

  #chunkOf(list: number): Blocks {
    return this.#chunks[this.#extents[EXTENT_NUMBERS * list]!]!
  }

  /** Where the block of an entry begins in its chunk. */
  #blockAt(list: number, place: number): number {
    const first = this.#extents[EXTENT_NUMBERS * list + 1]!
    return (first + Math.floor(place / BLOCK_ROWS)) * this.#layout.byteLength
  }
}

/** 32 lanes without a row (docs/codes.md). */
function emptyBlockOf(layout: BlockLayout): Uint8Array {
  const blocks = new Blocks(new Uint8Array(layout.byteLength))
  const offsets = new Float32Array(blocks.bytes.buffer, layout.offsetsAt, BLOCK_ROWS)
  offsets.fill(Number.POSITIVE_INFINITY)
  blocks.words.fill(NO_ROW, layout.rowsAt / WORD_BYTES)
  return blocks.bytes
}
