/**
 * The k nearest rows as a binary max-heap over (distance, row) in two flat arrays: the worst entry
 * lies at index 0, and of two equal distances the higher row is the worse. Order of offers never
 * changes the outcome, so segments may be scanned in any order.
 */

import type { NearestHeap } from '../contract/kernel-provider.js'
import { InvalidArgumentError } from '../errors.js'
import { LIMITS } from '../limits.js'

/**
 * The entries of a drained heap, nearest first.
 *
 * @internal
 */
export interface NearestRows {
  /** Ordering distances, ascending. */
  readonly distances: Float64Array
  /** Row numbers; ascending among equal distances. */
  readonly rows: Uint32Array
}

/**
 * An empty heap.
 *
 * @param k - entries to keep, 1 to `LIMITS.searchKMax`
 * @param distanceBound - rows with a larger ordering distance never enter; none when undefined
 * @throws {@link InvalidArgumentError} for a k out of range or a NaN bound
 * @internal
 */
export function createNearestHeap(k: number, distanceBound?: number): NearestHeap {
  const distanceMax = distanceBound ?? Number.POSITIVE_INFINITY
  if (!Number.isInteger(k) || k < 1 || k > LIMITS.searchKMax) {
    const message = `k must be an integer from 1 to ${LIMITS.searchKMax}, not ${k}`
    throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message, { details: { k } })
  }
  if (Number.isNaN(distanceMax)) {
    throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', 'distanceMax must not be NaN')
  }
  // A small array of its own would have to move when it is given to native code.
  const memory = new ArrayBuffer(12 * k)
  const distances = new Float64Array(memory, 0, k)
  return { k, distanceMax, distances, rows: new Uint32Array(memory, 8 * k), count: 0 }
}

/**
 * Lets one row compete.
 *
 * @param heap - the heap
 * @param distance - an ordering distance, never NaN
 * @param row - the number to keep
 * @internal
 */
export function offerNearest(heap: NearestHeap, distance: number, row: number): void {
  if (distance > heap.distanceMax) return
  if (heap.count < heap.k) {
    siftUp(heap, heap.count, distance, row)
    heap.count += 1
    return
  }
  if (isBetter(heap, distance, row)) siftDown(heap, 0, distance, row)
}

/**
 * Lets a row compete that may be in the heap: it is there once then, with the lesser distance.
 *
 * @param heap - the heap
 * @param distance - an ordering distance, never NaN
 * @param row - the number to keep
 * @internal
 */
export function offerAgain(heap: NearestHeap, distance: number, row: number): void {
  if (heap.count === heap.k && !isBetter(heap, distance, row)) return
  const index = heap.rows.subarray(0, heap.count).indexOf(row)
  if (index === -1) offerNearest(heap, distance, row)
  else if (distance < heap.distances[index]!) siftDown(heap, index, distance, row)
}

/** Whether an entry is better than the worst one of a full heap. */
function isBetter({ distances, rows }: NearestHeap, distance: number, row: number): boolean {
  return distance < distances[0]! || (distance === distances[0] && row < rows[0]!)
}

/**
 * Sorts the entries in place and empties the heap.
 *
 * @param heap - the heap; empty afterwards
 * @returns the heap's own arrays or views of them, valid until the next offer
 * @internal
 */
export function drainSorted(heap: NearestHeap): NearestRows {
  const { count, distances, rows } = heap
  for (let end = count - 1; end > 0; end--) {
    const distance = distances[end]!
    const row = rows[end]!
    distances[end] = distances[0]!
    rows[end] = rows[0]!
    heap.count = end
    siftDown(heap, 0, distance, row)
  }
  heap.count = 0
  // A view costs as much as sorting some numbers.
  if (count === rows.length) return { distances, rows }
  return { distances: distances.subarray(0, count), rows: rows.subarray(0, count) }
}

/** Puts an entry into the hole at `hole`, moving better parents down. */
function siftUp(heap: NearestHeap, hole: number, distance: number, row: number): void {
  const { distances, rows } = heap
  let index = hole
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = distances[parent]!
    if (above > distance || (above === distance && rows[parent]! > row)) break
    distances[index] = above
    rows[index] = rows[parent]!
    index = parent
  }
  distances[index] = distance
  rows[index] = row
}

/** Puts an entry into the hole at `hole`, moving worse children up. */
function siftDown(heap: NearestHeap, hole: number, distance: number, row: number): void {
  const { count, distances, rows } = heap
  let index = hole
  for (;;) {
    let child = 2 * index + 1
    if (child >= count) break
    if (child + 1 < count && isWorse(heap, child + 1, child)) child += 1
    const below = distances[child]!
    if (below < distance || (below === distance && rows[child]! < row)) break
    distances[index] = below
    rows[index] = rows[child]!
    index = child
  }
  distances[index] = distance
  rows[index] = row
}

function isWorse({ distances, rows }: NearestHeap, a: number, b: number): boolean {
  const distanceA = distances[a]!
  const distanceB = distances[b]!
  return distanceA > distanceB || (distanceA === distanceB && rows[a]! > rows[b]!)
}
