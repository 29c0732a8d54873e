/** Rows that the codes cannot rule out, compared exactly wherever they lie. */

import type { NearestHeap } from '../../../contract/kernel-provider.js'
import { counts } from '../../../row-mask.js'
import { offerAgain, offerNearest } from '../../nearest-heap.js'
import type { RowDistance } from '../float32-distance.js'
import { createRowDistance } from '../row-distance.js'
import type { CheckedSearch } from './check-search.js'

/**
 * Compares rows of one search.
 *
 * @internal
 */
export class RowComparer {
  /** Entries and rows without one that were not ruled out. */
  compared = 0
  readonly #checked: CheckedSearch
  readonly #heap: NearestHeap
  /** Rows that had a turn, or are in the heap, and whether another entry may lower their keys. */
  readonly #seen: Map<number, boolean>
  /** By segment, made when its first row is compared. */
  readonly #distances: (RowDistance | undefined)[] = []

  constructor(checked: CheckedSearch, heap: NearestHeap) {
    this.#checked = checked
    this.#heap = heap
    this.#seen = new Map(Array.from(heap.rows.subarray(0, heap.count), (row) => [row, true]))
  }

  /** The largest key with which a row may still enter. */
  get worst(): number {
    const { k, count, distances, distanceMax } = this.#heap
    return count === k ? Math.min(distances[0]!, distanceMax) : distanceMax
  }

  /** Whether no row in the heap has a key above its distance, as far as is known. */
  get keysAreDistances(): boolean {
    const { rows, count } = this.#heap
    return rows.subarray(0, count).every((row) => this.#seen.get(row) === false)
  }

  /**
   * Offers a row to the heap, if it may compete: again for each of its entries, unless its key is
   * its distance already. Any number will do.
   *
   * @param lower - what its code says that the distance is at least
   */
  compare(row: number, lower: number = Number.NEGATIVE_INFINITY): void {
    const { rowsPerSegment, firstRow, rowCount, mask } = this.#checked.search.rows
    if (row >= rowCount || !counts({ firstRow, mask }, row)) return
    const rowInSegment = row % rowsPerSegment
    const distance = this.#distanceIn((row - rowInSegment) / rowsPerSegment)
    if (distance === undefined) return
    this.compared += 1
    const canChange = this.#seen.get(row)
    if (canChange === false) return
    const exact = distance(rowInSegment)
    this.#seen.set(row, lower > exact)
    const offer = canChange === undefined ? offerNearest : offerAgain
    offer(this.#heap, Math.max(exact, lower), row)
  }

  #distanceIn(segment: number): RowDistance | undefined {
    const rows = this.#checked.segments[segment]
    if (rows === undefined) return undefined
    const { query, space } = this.#checked.search
    const { metric, dtype, dimension } = space
    this.#distances[segment] ??= createRowDistance({ metric, dtype, dimension, query, rows })
    return this.#distances[segment]
  }
}
