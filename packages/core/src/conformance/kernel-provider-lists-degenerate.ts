/** Part of the kernel suite: queries, rows and centroids in the same place, or too far away. */

import { COMBINATIONS, emptyHeap, type KernelSubject } from './kernel-provider-data.js'
import { checkSearch } from './kernel-provider-lists-answer.js'
import { type IndexShape, seededIndex, wholeSearch } from './kernel-provider-lists-data.js'

const DIMENSION = 40
const LISTS = 12

/** Centroids of the first lists: all of their numbers. */
const FILLS = [0, 1, 1e-30, 1e19, 1e30, -3e38, Number.NaN, Number.POSITIVE_INFINITY]

const FLOATS = COMBINATIONS.filter(([dtype]) => dtype === 'float32')

/**
 * Registers the tests.
 *
 * @internal
 */
export function degenerateListTests(subject: KernelSubject): void {
  for (const combination of FLOATS) {
    subject.it(`float32 ${combination[1]}: centroids in telling places are searched`, () => {
      checkPlaces(subject, combination)
    })
  }
  subject.it('distances beyond all floats rule out what their keys do', () => {
    for (let seed = -2147483648; seed < -2147483598; seed++) checkHuge(subject, seed)
  })
}

/** Sums of uint64 are beyond float32, and bounds of some rows are infinite. */
function checkHuge(subject: KernelSubject, seed: number): void {
  const index = seededIndex(subject, {
    combination: ['uint64', 'dot'],
    dimension: 3,
    rows: { listed: 9, tail: 0, loose: 0 },
    listCount: 6,
    listsPerRow: 1,
    rowsPerSegment: 7,
    distinctRows: 9,
    seed,
  })
  for (const k of [1, 2, 4]) {
    const search = { ...wholeSearch(index), probes: LISTS, eps: 1.9 }
    checkSearch(subject, index, search, emptyHeap(k))
  }
  index.release()
}

function checkPlaces(subject: KernelSubject, combination: IndexShape['combination']): void {
  const index = seededIndex(subject, {
    combination,
    dimension: DIMENSION,
    rows: { listed: 300, tail: 40, loose: 3 },
    listCount: LISTS,
    listsPerRow: 2,
    rowsPerSegment: 100,
    distinctRows: 200,
    seed: 11,
    moveCentroids: moveToTellingPlaces,
  })
  const { centroids } = index.lists
  const rows = new Float32Array(index.rows.buffer, index.rows.byteOffset, index.rows.length / 4)
  const queries = [
    rows.slice(0, DIMENSION),
    centroids.slice(-DIMENSION),
    index.space.mean.slice(),
    ...[0, 1, 1e-38, 1e18, 3e38].map((value) => new Float32Array(DIMENSION).fill(value)),
  ]
  for (const numbers of queries) {
    const query = new Uint8Array(numbers.buffer)
    for (const eps of [0, 1.9, Number.POSITIVE_INFINITY]) {
      for (const [k, probes] of [
        [5, 3],
        [5, LISTS],
        [400, 1],
      ] as const) {
        const search = { ...wholeSearch(index), query, eps, tailEps: eps, probes }
        checkSearch(subject, index, search, emptyHeap(k))
        checkSearch(subject, index, { ...search, reach: 0.5 }, emptyHeap(k))
      }
    }
  }
  index.release()
}

/** The last is the mean, the one before it a row. */
function moveToTellingPlaces(
  centroids: Float32Array,
  { mean }: { readonly mean: Float32Array },
  rows: Uint8Array,
): void {
  const n = mean.length
  FILLS.forEach((value, list) => {
    centroids.fill(value, list * n, (list + 1) * n)
  })
  const row = new Float32Array(rows.slice(0, 4 * n).buffer)
  centroids.set(row, centroids.length - 2 * n)
  centroids.set(mean, centroids.length - n)
}
