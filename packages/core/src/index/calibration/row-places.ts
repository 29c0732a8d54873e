/** Which lists some rows are in: those that were asked for, found in one pass over all lists. */

import { BLOCK_ROWS, blockLayoutOf, NO_ROW } from '../../code-layout.js'
import type { RowLists } from '../row-lists.js'

/**
 * The lists of chosen rows.
 *
 * @internal
 */
export class RowPlaces {
  readonly #places = new Map<number, number>()
  readonly #chosen: Uint32Array
  readonly #lists: Uint32Array
  readonly #listsPerRow: number

  /** @param rows - what to look for, in any order */
  constructor(lists: RowLists, rows: Iterable<number>) {
    this.#listsPerRow = lists.listsPerRow
    this.#chosen = new Uint32Array(Math.ceil(lists.rowCount / 32))
    for (const row of rows) {
      if (this.#places.has(row)) continue
      this.#places.set(row, this.#places.size * lists.listsPerRow)
      this.#chosen[row >>> 5]! |= 1 << (row & 31)
    }
    this.#lists = new Uint32Array(this.#places.size * lists.listsPerRow).fill(NO_ROW)
  }

  /** Notes the rows of a list; every list must be noted once. */
  note(lists: RowLists, list: number): void {
    const [chunk, first, count] = lists.extents.subarray(3 * list) as unknown as [
      number,
      number,
      number,
    ]
    if (count === 0) return
    const layout = blockLayoutOf(lists.space.signs.length / 2)
    const { buffer, byteOffset, byteLength } = lists.chunks[chunk]!
    const words = new Uint32Array(buffer, byteOffset, byteLength / 4)
    for (let entry = 0; entry < count; entry++) {
      const block = first + Math.floor(entry / BLOCK_ROWS)
      const row = words[(block * layout.byteLength + layout.rowsAt) / 4 + (entry % BLOCK_ROWS)]!
      if ((this.#chosen[row >>> 5]! & (1 << (row & 31))) !== 0) this.#put(row, list)
    }
  }

  /** The lists of a row; `NO_ROW` where it is in fewer. */
  listsOf(row: number): Uint32Array {
    const place = this.#places.get(row)!
    return this.#lists.subarray(place, place + this.#listsPerRow)
  }

  #put(row: number, list: number): void {
    let place = this.#places.get(row)!
    while (this.#lists[place] !== NO_ROW) place += 1
    this.#lists[place] = list
  }
}
