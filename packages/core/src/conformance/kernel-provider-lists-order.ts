/** Part of the kernel suite: what a heap holds does not depend on the order of offers. */

import assert from 'node:assert/strict'
import type fc from 'fast-check'
import { BLOCK_ROWS } from '../code-layout.js'
import type { CodeLists, ListSearch } from '../contract/list-search.js'
import { centroidSpace } from './kernel-provider-codes-assign.js'
import { encoded } from './kernel-provider-codes-data.js'
import { COMBINATIONS, emptyHeap, type KernelSubject } from './kernel-provider-data.js'
import { entriesOf } from './kernel-provider-lists-answer.js'
import { type SeededIndex, seededIndex, wholeSearch } from './kernel-provider-lists-data.js'

const EXTENT_NUMBERS = 3

/** An index, a query and a way to take it apart. */
interface Division {
  readonly combination: (typeof COMBINATIONS)[number]
  readonly dimension: number
  readonly rows: { readonly listed: number; readonly tail: number; readonly loose: number }
  readonly listCount: number
  readonly listsPerRow: 1 | 2
  readonly k: number
  /** Small ones have many bounds that are wrong. */
  readonly eps: number
  readonly tailEps: number
  readonly seed: number
  /** Where each list, each run of the tail and the loose rows go, in turns. */
  readonly places: readonly number[]
  readonly partCount: number
}

/**
 * Registers the test.
 *
 * @internal
 */
export function listOrderTests(subject: KernelSubject): void {
  const { it, fc } = subject
  it('searchLists finds the same rows in any order and in any parts', () => {
    fc.assert(
      fc.property(divisions(subject), (division) => checkDivision(subject, division)),
      { numRuns: 60 },
    )
  })
  it('searchLists finds the lower of equal rows whatever rounding did to their bounds', () => {
    for (const combination of COMBINATIONS) {
      for (const seed of [1, 2, 3]) checkEqualRows(subject, combination, seed)
    }
  })
}

/** Higher rows are offered first; most keys are bounds, and equal in a list for equal rows. */
function checkEqualRows(
  subject: KernelSubject,
  combination: Division['combination'],
  seed: number,
): void {
  const index = seededIndex(subject, {
    ...{ combination, dimension: 24, listCount: 3, listsPerRow: 2, seed },
    ...{ rows: { listed: 384, tail: 0, loose: 0 }, rowsPerSegment: 97, distinctRows: 16 },
  })
  const search = { ...wholeSearch(index), eps: 0 }
  for (const k of [1, 7, 60]) {
    const [whole, halves] = [emptyHeap(k), emptyHeap(k)]
    subject.provider.searchLists(search, whole)
    for (const half of [1, 0]) {
      const mask = Uint32Array.from({ length: 12 }, (_, i) => (i >= 6 === (half === 1) ? ~0 : 0))
      subject.provider.searchLists({ ...search, rows: { ...search.rows, mask } }, halves)
    }
    assert.deepEqual(entriesOf(halves), entriesOf(whole), `${combination}, k ${k}`)
  }
  index.release()
}

function divisions({
  fc: { record, nat, integer, constantFrom, array },
}: KernelSubject): fc.Arbitrary<Division> {
  return record({
    combination: constantFrom(...COMBINATIONS),
    dimension: integer({ min: 1, max: 80 }),
    rows: record({ listed: nat(300), tail: nat(300), loose: nat(40) }),
    listCount: integer({ min: 1, max: 12 }),
    listsPerRow: constantFrom<(1 | 2)[]>(1, 2),
    k: integer({ min: 1, max: 200 }),
    eps: constantFrom(0, 0.3, 1.9, Number.POSITIVE_INFINITY),
    tailEps: constantFrom(0, 1.9, Number.POSITIVE_INFINITY),
    seed: integer(),
    places: array(nat(), { minLength: 1, maxLength: 30 }),
    partCount: integer({ min: 1, max: 6 }),
  })
}

function checkDivision(subject: KernelSubject, division: Division): void {
  const index = seededIndex(subject, { ...division, rowsPerSegment: 97, distinctRows: 250 })
  const [whole, parts] = [emptyHeap(division.k), emptyHeap(division.k)]
  const { eps, tailEps } = division
  subject.provider.searchLists({ ...wholeSearch(index), eps, tailEps }, whole)
  for (const part of partsOf(subject, index, division)) subject.provider.searchLists(part, parts)
  index.release()
  assert.deepEqual(entriesOf(parts), entriesOf(whole))
}

/** Searches that together are the whole one; lists and runs of the tail in orders of their own. */
function partsOf(
  { codes }: KernelSubject,
  index: SeededIndex,
  { eps, tailEps, places, partCount }: Division,
): ListSearch[] {
  const extents = extentsOf(index.lists.extents)
  const tail = extentsOf(index.tail).flatMap(blocksOf)
  const placeOf = (i: number): number => places[i % places.length]! % partCount
  const loosePlace = placeOf(extents.length + tail.length)
  return Array.from({ length: partCount }, (_, part): ListSearch => {
    const here = [...extents.keys()].filter((list) => placeOf(list) === part).reverse()
    const blocks = tail.filter((_, i) => placeOf(extents.length + i) === part).reverse()
    return {
      ...wholeSearch(index),
      lists: chosenLists(codes, index, here),
      tail: Uint32Array.from(blocks.flat()),
      looseFrom: part === loosePlace ? index.looseFrom : index.table.rowCount,
      eps,
      tailEps,
    }
  })
}

function chosenLists(
  codes: KernelSubject['codes'],
  { space, lists }: SeededIndex,
  chosen: readonly number[],
): CodeLists {
  const n = space.mean.length
  const of = (list: number): number[] => [...lists.centroids.subarray(list * n, (list + 1) * n)]
  const centroids = Float32Array.from(chosen.flatMap(of))
  const extents = extentsOf(lists.extents)
  return {
    centroids,
    blocks: encoded(codes, centroidSpace(space), new Uint8Array(centroids.buffer)),
    extents: Uint32Array.from(chosen.flatMap((list) => extents[list]!)),
  }
}

function extentsOf(numbers: Uint32Array): number[][] {
  return Array.from({ length: numbers.length / EXTENT_NUMBERS }, (_, i) => [
    ...numbers.subarray(i * EXTENT_NUMBERS, (i + 1) * EXTENT_NUMBERS),
  ])
}

/** An extent for each block of one. */
function blocksOf([handle, first, rows]: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(rows! / BLOCK_ROWS) }, (_, i) => [
    handle!,
    first! + i,
    Math.min(BLOCK_ROWS, rows! - i * BLOCK_ROWS),
  ])
}
