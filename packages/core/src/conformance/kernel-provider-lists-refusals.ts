/** Part of the kernel suite: queries over an index that make no sense throw, and offer nothing. */

import assert from 'node:assert/strict'
import type { NearestHeap } from '../contract/kernel-provider.js'
import type { CodeLists, ListSearch, RowTable } from '../contract/list-search.js'
import { emptyHeap, type KernelSubject } from './kernel-provider-data.js'
import { type SeededIndex, seededIndex, wholeSearch } from './kernel-provider-lists-data.js'
import { NO_COUNTS, refuses } from './kernel-provider-refusals.js'

const DIMENSION = 12
const LISTS = 5
const ROWS = 140

/**
 * Registers the tests of refusals.
 *
 * @internal
 */
export function listRefusalTests(subject: KernelSubject): void {
  const { it } = subject
  it('searchLists refuses wrong queries, spaces and numbers, and offers nothing', () => {
    refuseAll(subject, ({ query, space }) => [
      ...[query.subarray(4), [...query], undefined].map((bad) => ({ query: bad })),
      ...[
        { ...space, dtype: 'float31' },
        { ...space, metric: 'hamming' },
      ].map(spaceOf),
      ...[
        { ...space, dimension: 13 },
        { ...space, mean: new Float32Array(3) },
      ].map(spaceOf),
      ...NO_COUNTS.flatMap((bad) => [{ looseFrom: bad }, { probes: bad }]),
      ...[{ looseFrom: 2 ** 32 }, { probes: 2 ** 32 }, { reach: Number.NaN }],
      ...[-1, Number.NaN, '1', undefined].flatMap((eps) => [{ eps }, { tailEps: eps }]),
    ])
  })
  it('searchLists refuses rows that are not there, and offers nothing', () => {
    refuseAll(subject, ({ table }) => badTables(table).map((rows) => ({ rows })))
  })
  it('searchLists refuses lists of the wrong shape, and offers nothing', () => {
    refuseAll(subject, ({ lists }) => badLists(lists).map((bad) => ({ lists: bad })))
  })
  it('searchLists refuses blocks that are not there, and offers nothing', () => {
    refuseAll(subject, ({ lists, tail }) => [
      ...badExtents(tail).map((bad) => ({ tail: bad })),
      // Each is the last in its region: one block more is past the end.
      ...[1, 4].map((i) => ({ tail: tail.with(i, tail[i]! + 1) })),
      ...[2, 5].map((i) => ({ tail: tail.with(i, tail[i]! + 32) })),
      ...badExtents(lists.extents).map((extents) => ({ lists: { ...lists, extents } })),
    ])
  })
  it('searchLists refuses blocks of a list that it comes to late', () => checkLate(subject))
  it('searchLists refuses wrong heaps', () => refuseHeaps(subject))
  it('searchLists refuses regions that were released', () => checkReleased(subject))
}

function madeIndex(subject: KernelSubject): SeededIndex {
  return seededIndex(subject, {
    combination: ['float32', 'l2'],
    dimension: DIMENSION,
    rows: { listed: 100, tail: 30, loose: 10 },
    listCount: LISTS,
    listsPerRow: 2,
    rowsPerSegment: 50,
    distinctRows: ROWS,
    seed: 1,
  })
}

function refuseAll(
  subject: KernelSubject,
  changes: (index: SeededIndex) => readonly Partial<Record<keyof ListSearch, unknown>>[],
): void {
  const index = madeIndex(subject)
  const heap = emptyHeap(3)
  for (const change of changes(index)) {
    const search = { ...wholeSearch(index), ...change } as ListSearch
    refuses(() => subject.provider.searchLists(search, heap), change)
  }
  assert.equal(heap.count, 0)
  assert.ok(heap.distances.every((distance) => distance === 0))
  index.release()
}

function spaceOf(space: unknown): { readonly space: unknown } {
  return { space }
}

function badTables(table: RowTable): unknown[] {
  const { segments } = table
  return [
    ...[segments.subarray(1), new Int32Array(3), [...segments], undefined].map((bad) => ({
      ...table,
      segments: bad,
    })),
    // Not a handle, and regions that are too short for their rows.
    ...[segments.with(1, 0xffffffff), segments.with(0, segments[2]!)].map((bad) => ({
      ...table,
      segments: bad,
    })),
    ...[0, 49, 51, 2 ** 32, ...NO_COUNTS].map((rowsPerSegment) => ({ ...table, rowsPerSegment })),
    ...[2 ** 32, ...NO_COUNTS].map((firstRow) => ({ ...table, firstRow })),
    ...[ROWS + 1, 151, 2 ** 32, ...NO_COUNTS].map((rowCount) => ({ ...table, rowCount })),
    ...[new Uint32Array(4), new Int32Array(5), null, [1, 2, 3, 4, 5]].map((mask) => ({
      ...table,
      mask,
    })),
  ]
}

function badLists(lists: CodeLists): unknown[] {
  const { centroids, blocks, extents } = lists
  const changes = [
    ...[centroids.subarray(1), centroids.subarray(DIMENSION), new Float64Array(60), undefined].map(
      (bad) => ({ centroids: bad }),
    ),
    ...[blocks.subarray(1), new Uint8Array(2 * blocks.length), undefined].map((bad) => ({
      blocks: bad,
    })),
    ...[extents.subarray(1), extents.subarray(3), new Int32Array(15), undefined].map((bad) => ({
      extents: bad,
    })),
  ]
  return changes.map((change) => ({ ...lists, ...change }))
}

/** No handles, and blocks past the end of a region. */
function badExtents(extents: Uint32Array): unknown[] {
  return [
    ...[0, 1, 0xffffffff].map((handle) => extents.with(0, handle)),
    extents.with(1, extents[1]! + 100),
    extents.with(1, 0xffffffff),
    extents.with(2, extents[2]! + 3200),
    extents.with(2, 0xffffffff),
    extents.subarray(1),
    new Int32Array(extents),
    undefined,
  ]
}

/** Every list but the ones that are scanned names nothing. */
function checkLate(subject: KernelSubject): void {
  const index = madeIndex(subject)
  const search: ListSearch = { ...wholeSearch(index), probes: 1 }
  const extents = index.lists.extents.map((number, i) => (i % 3 === 0 ? 0xffffffff : number))
  const searches = Array.from({ length: LISTS }, (_, i): ListSearch => {
    const some = extents.slice()
    some.set(index.lists.extents.subarray(3 * i, 3 * i + 3), 3 * i)
    return { ...search, lists: { ...index.lists, extents: some } }
  })
  const answered = searches.filter((one) => {
    const heap = emptyHeap(ROWS)
    refuses(() => subject.provider.searchLists(one, heap), 'more rows than a list has')
    try {
      return subject.provider.searchLists(one, emptyHeap(1)).lists === 1
    } catch {
      return false
    }
  })
  assert.equal(answered.length, 1, 'only with the nearest list there is an answer')
  index.release()
}

function refuseHeaps(subject: KernelSubject): void {
  const index = madeIndex(subject)
  const heap = emptyHeap(3)
  const changes: readonly Partial<Record<keyof NearestHeap, unknown>>[] = [
    ...[0, 4, ...NO_COUNTS].map((k) => ({ k })),
    ...[4, ...NO_COUNTS].map((count) => ({ count })),
    ...[Number.NaN, '1', undefined].map((distanceMax) => ({ distanceMax })),
    ...[new Float32Array(3), [0, 0, 0], undefined].map((distances) => ({ distances })),
    ...[new Int32Array(3), [0, 0, 0], undefined].map((rows) => ({ rows })),
  ]
  for (const change of changes) {
    const bad = { ...heap, ...change } as NearestHeap
    refuses(() => subject.provider.searchLists(wholeSearch(index), bad), change)
  }
  index.release()
}

function checkReleased(subject: KernelSubject): void {
  const index = madeIndex(subject)
  const heap = emptyHeap(3)
  subject.provider.searchLists(wholeSearch(index), emptyHeap(3))
  index.release()
  refuses(() => subject.provider.searchLists(wholeSearch(index), heap), 'released')
  assert.equal(heap.count, 0)
}
