/** Rows in groups of near ones, found without comparing each to each. */

import type { Random } from '../random.js'

/**
 * Rows as float32, one after the other.
 *
 * @internal
 */
export interface FloatRows {
  readonly values: Float32Array
  readonly valueCount: number
}

/**
 * Groups of rows. Those of a group lie beside each other in `order`.
 *
 * @internal
 */
export interface Neighbourhoods {
  /** All rows, by group. */
  readonly order: Uint32Array
  /** For each position of `order`, the first one of its group. */
  readonly starts: Uint32Array
  /** Likewise, the end of its group. */
  readonly ends: Uint32Array
}

/**
 * Halves the rows along the difference of two random ones of them, and the halves likewise, until
 * groups are small: a tree of random projections (Dasgupta, Freund, STOC 2008).
 *
 * @param rows - any number of them
 * @param groupMax - rows of a group at most, at least 1
 * @param random - chooses the directions
 * @internal
 */
export function findNeighbourhoods(
  rows: FloatRows,
  groupMax: number,
  random: Random,
): Neighbourhoods {
  const rowCount = rows.values.length / rows.valueCount
  const order = Uint32Array.from({ length: rowCount }, (_, row) => row)
  const starts = new Uint32Array(rowCount)
  const ends = new Uint32Array(rowCount)
  const keys = new Float64Array(rowCount)
  const pending: [number, number][] = [[0, rowCount]]
  for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
    const [from, to] = range
    if (to - from <= groupMax) {
      starts.fill(from, from, to)
      ends.fill(to, from, to)
      continue
    }
    const part = order.subarray(from, to)
    project(rows, part, random, keys)
    part.sort((a, b) => (keys[a] as number) - (keys[b] as number))
    const middle = (from + to) >>> 1
    pending.push([middle, to], [from, middle])
  }
  return { order, starts, ends }
}

/** Keys of some rows: how far they lie from one random row of them towards another. */
function project(
  { values, valueCount }: FloatRows,
  part: Uint32Array,
  random: Random,
  keys: Float64Array,
): void {
  const one = (part[random.below(part.length)] as number) * valueCount
  const other = (part[random.below(part.length)] as number) * valueCount
  const direction = new Float64Array(valueCount)
  for (let i = 0; i < valueCount; i++) {
    direction[i] = (values[one + i] as number) - (values[other + i] as number)
  }
  for (const row of part) {
    let key = 0
    const at = row * valueCount
    for (let i = 0; i < valueCount; i++) {
      key += (values[at + i] as number) * (direction[i] as number)
    }
    keys[row] = key
  }
}
