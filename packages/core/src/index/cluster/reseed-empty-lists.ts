/** New centroids for lists that got no row: rows of lists that have too many. */

import type { ClusterJob } from './cluster-job.js'
import type { SeededNumbers } from './seeded-numbers.js'
import type { Training } from './training.js'
import type { RowWidener } from './widen-rows.js'

/** Rows that are tried for each empty list. */
const TRIES_PER_LIST = 8
/** Rows that are tried at least. */
const TRIES_MIN = 64

/**
 * Gives empty lists the number of a row of the sample for their centroid. It is drawn at random, so
 * that the longest list is the likeliest, from lists longer than the average; half of that list
 * then counts as the new one's. A row that is its list's centroid makes no new list. So where rows
 * are equal the tries run out, and lists stay empty.
 *
 * @internal
 */
export async function reseedEmptyLists(
  { steps, elements }: ClusterJob,
  widener: RowWidener,
  training: Training,
  numbers: SeededNumbers,
): Promise<void> {
  const { sample, lists, centroids, counts } = training
  const empty = await findEmptyLists(steps, counts)
  if (empty.length === 0) return
  const mean = sample.length / counts.length
  let next = 0
  await steps.over(TRIES_MIN + TRIES_PER_LIST * empty.length, (from, to) => {
    for (let i = from; i < to && next < empty.length; i++) {
      const drawn = numbers.below(sample.length)
      const source = lists[drawn]!
      const count = counts[source]!
      if (count < 2 || count <= mean) continue
      const row = widener.widen(sample.subarray(drawn, drawn + 1))
      if (isAt(centroids, source * elements, row)) continue
      const target = empty[next++]!
      centroids.set(row, target * elements)
      counts[target] = Math.floor(count / 2)
      counts[source] = count - Math.floor(count / 2)
    }
  })
}

async function findEmptyLists(steps: ClusterJob['steps'], counts: Uint32Array): Promise<number[]> {
  const empty: number[] = []
  await steps.over(counts.length, (from, to) => {
    for (let list = from; list < to; list++) if (counts[list] === 0) empty.push(list)
  })
  return empty
}

/** Whether a centroid is this row. */
function isAt(centroids: Float32Array, base: number, row: Float64Array): boolean {
  for (let i = 0; i < row.length; i++) if (centroids[base + i] !== row[i]) return false
  return true
}
