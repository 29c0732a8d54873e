/** Where in lists some rows are: those that were asked for, found in one pass over all lists. */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import { extentOf } from '../list-places.js'
import type { RowLists } from '../row-lists.js'

/**
 * An entry of a list.
 *
 * @internal
 */
export interface RowPlace {
  readonly list: number
  readonly entry: number
}

/**
 * The entries of chosen rows.
 *
 * @internal
 */
export class RowPlaces {
  readonly #places = new Map<number, RowPlace[]>()
  readonly #firstRow: number
  /** Bit `i & 31` of word `i >>> 5` is of row `firstRow + i`. */
  readonly #chosen: Uint32Array

  /** @param rows - what to look for, in any order */
  constructor(lists: RowLists, rows: Iterable<number>) {
    for (const row of rows) this.#places.set(row, [])
    const chosen = [...this.#places.keys()]
    this.#firstRow = chosen.reduce((least, row) => Math.min(least, row), lists.rowCount)
    this.#chosen = new Uint32Array(Math.ceil((lists.rowCount - this.#firstRow) / 32))
    for (const row of chosen) {
      const at = row - this.#firstRow
      this.#chosen[at >>> 5]! |= 1 << (at & 31)
    }
  }

  /** Notes the rows of a list; every list must be noted once. */
  note({ space, chunks, extents }: RowLists, list: number): void {
    const { chunk, block: first, entries } = extentOf(extents, list)
    if (entries === 0) return
    const layout = blockLayoutOf(space.signs.length / 2)
    const { buffer, byteOffset, byteLength } = chunks[chunk]!
    const words = new Uint32Array(buffer, byteOffset, byteLength / 4)
    for (let entry = 0; entry < entries; entry++) {
      const block = first + Math.floor(entry / BLOCK_ROWS)
      const row = words[(block * layout.byteLength + layout.rowsAt) / 4 + (entry % BLOCK_ROWS)]!
      const at = row - this.#firstRow
      if (at < 0 || (this.#chosen[at >>> 5]! & (1 << (at & 31))) === 0) continue
      this.#places.get(row)!.push({ list, entry })
    }
  }

  /** The entries of a row. */
  of(row: number): readonly RowPlace[] {
    return this.#places.get(row)!
  }
}
