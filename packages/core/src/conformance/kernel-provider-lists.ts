/** Part of the kernel suite: whole queries over an index. */

import assert from 'node:assert/strict'
import type fc from 'fast-check'
import { codeDimensionOf } from '../code-layout.js'
import type { ListSearch } from '../contract/list-search.js'
import { COMBINATIONS, emptyHeap, type KernelSubject, seededBytes } from './kernel-provider-data.js'
import { checkSearch, entriesOf } from './kernel-provider-lists-answer.js'
import {
  type IndexShape,
  type SeededIndex,
  seededIndex,
  wholeSearch,
} from './kernel-provider-lists-data.js'

/** What a test varies beside the shape of the index. */
interface SearchChoice {
  readonly k: number
  readonly probes: number
  readonly reach: number
  readonly eps: number
  readonly tailEps: number
  readonly masked: boolean
  /** A segment that was freed, where there is one of this number. */
  readonly freed: number
  /** Rows that were there before the first that may compete. */
  readonly earlier: number
  /** Rows that came later than the query's snapshot. */
  readonly later: number
  /** The row whose distance is the largest that counts. */
  readonly bound: number | undefined
  readonly parts: 'all' | 'lists' | 'tail'
}

const INFINITE = Number.POSITIVE_INFINITY

/**
 * Registers the tests of searchLists.
 *
 * @internal
 */
export function listTests(subject: KernelSubject): void {
  const { it, fc } = subject
  for (const combination of COMBINATIONS) {
    const [dtype, metric] = combination
    it(`${dtype} ${metric}: a query finds the rows with the least keys`, () => {
      fc.assert(
        fc.property(shapes(subject, combination), choices(subject), (shape, choice) => {
          checkChoice(subject, shape, choice)
        }),
        { numRuns: 12 },
      )
    })
  }

  it('all lists without bounds are an exact search', () => checkExact(subject))
  it('many lists and rows are searched as few are', () => checkMany(subject))
  it('the best rows of a full index are found without comparing most', () => checkThrift(subject))
  it('repeated queries build one answer', () => checkRepeats(subject))
  it('a query whose bounds overflow is compared with every row', () => checkOverflow(subject))
  it('keys that are distances are known as such', () => checkKeys(subject))
  it('an index without rows answers nothing', () => checkEmpty(subject))
}

function shapes(
  { fc: { record, nat, integer, constantFrom } }: KernelSubject,
  combination: (typeof COMBINATIONS)[number],
): fc.Arbitrary<IndexShape> {
  return record({
    combination: constantFrom(combination),
    dimension: integer({ min: 1, max: 80 }),
    rows: record({ listed: nat(400), tail: nat(70), loose: nat(40) }),
    listCount: integer({ min: 1, max: 40 }),
    listsPerRow: constantFrom(1, 2),
    rowsPerSegment: integer({ min: 7, max: 600 }),
    distinctRows: integer({ min: 1, max: 600 }),
    seed: integer(),
  })
}

function choices({ fc }: KernelSubject): fc.Arbitrary<SearchChoice> {
  return fc.record<SearchChoice>({
    k: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 700 })),
    probes: fc.oneof(fc.nat(4), fc.nat(50), fc.constant(2 ** 32 - 1)),
    reach: fc.oneof(fc.constant(INFINITE), fc.double({ min: -0.5, max: 0.5, noNaN: true })),
    eps: fc.constantFrom(INFINITE, 0, 0.5, 1.9),
    tailEps: fc.constantFrom(INFINITE, 0, 1.9),
    masked: fc.boolean(),
    freed: fc.nat(5),
    earlier: fc.oneof(fc.constant(0), fc.nat(400)),
    later: fc.oneof(fc.constant(0), fc.nat(100)),
    bound: fc.option(fc.nat(500), { nil: undefined }),
    parts: fc.constantFrom<SearchChoice['parts'][]>('all', 'all', 'lists', 'tail'),
  })
}

function checkChoice(subject: KernelSubject, shape: IndexShape, choice: SearchChoice): void {
  const index = seededIndex(subject, shape)
  const search = searchOf(index, choice)
  const heap = emptyHeap(choice.k, distanceOf(subject, index, choice.bound))
  checkSearch(subject, index, search, heap)
  index.release()
}

function searchOf(index: SeededIndex, choice: SearchChoice): ListSearch {
  const { probes, reach, eps, tailEps, masked, freed, earlier: firstRow, later, parts } = choice
  const { lists, ...whole } = wholeSearch(index)
  const { table } = index
  const rowCount = Math.max(0, table.rowCount - later)
  const segments = freed < table.segments.length ? table.segments.with(freed, 0) : table.segments
  const words = Math.ceil(Math.max(0, rowCount - firstRow) / 32)
  const mask = new Uint32Array(seededBytes(words * 4, probes).buffer)
  const search: ListSearch = {
    ...whole,
    rows: { ...table, firstRow, rowCount, segments, ...(masked ? { mask } : {}) },
    tail: parts === 'lists' ? new Uint32Array() : index.tail,
    probes,
    reach,
    eps,
    tailEps,
  }
  return parts === 'tail' ? search : { ...search, lists: lists! }
}

/** The distance of one of the rows: it may still enter. */
function distanceOf(
  { provider }: KernelSubject,
  { space, query, rows, table }: SeededIndex,
  row: number | undefined,
): number {
  if (row === undefined || table.rowCount === 0) return INFINITE
  const { metric, dtype, dimension } = space
  const distance = new Float64Array(1)
  const task = { metric, dtype, dimension, query, rows }
  provider.distancesRange(task, row % table.rowCount, distance)
  return distance[0]!
}

const PLAIN: IndexShape = {
  combination: ['float32', 'cosine'],
  dimension: 48,
  rows: { listed: 500, tail: 50, loose: 9 },
  listCount: 12,
  listsPerRow: 2,
  rowsPerSegment: 128,
  distinctRows: 1000,
  seed: 4,
}

function checkExact(subject: KernelSubject): void {
  const index = seededIndex(subject, PLAIN)
  const { space, query, rows, table } = index
  const { metric, dtype, dimension } = space
  for (const k of [1, 10, table.rowCount, table.rowCount + 5]) {
    const [found, right] = [emptyHeap(k), emptyHeap(k)]
    subject.provider.searchLists(wholeSearch(index), found)
    const range = { from: 0, to: table.rowCount, rowBase: 0 }
    subject.provider.nearest({ metric, dtype, dimension, query, rows }, range, right)
    assert.deepEqual(entriesOf(found), entriesOf(right), `k ${k}`)
  }
  index.release()
}

/** More lists than kernels look at together, and some with more blocks than that. */
function checkMany(subject: KernelSubject): void {
  const rows = { listed: 1500, tail: 300, loose: 5 }
  for (const listCount of [3, 70, 700]) {
    const index = seededIndex(subject, { ...PLAIN, rows, listCount })
    for (const probes of [0, 1, 200]) {
      for (const eps of [0, 1.5, INFINITE]) {
        const search = { ...wholeSearch(index), probes, eps, tailEps: eps }
        for (const k of [1, 40, 400]) checkSearch(subject, index, search, emptyHeap(k))
      }
      for (const reach of [-INFINITE, 0, 0.02, 0.1]) {
        const search = { ...wholeSearch(index), probes, reach, eps: 1.5 }
        checkSearch(subject, index, search, emptyHeap(1))
      }
    }
    index.release()
  }
}

function checkThrift(subject: KernelSubject): void {
  const rows = { listed: 1500, tail: 1000, loose: 0 }
  const index = seededIndex(subject, { ...PLAIN, dimension: 256, rows })
  const search = {
    ...wholeSearch(index),
    query: index.rows.slice(7 * 1024, 8 * 1024),
    eps: 3,
    tailEps: 3,
  }
  const heap = emptyHeap(1)
  const cost = checkSearch(subject, index, search, heap)
  assert.equal(heap.rows[0], 7)
  assert.equal(cost.lists, PLAIN.listCount)
  assert.equal(cost.scanned, 2 * 1500 + 1000)
  assert.ok(cost.compared < 500, `${cost.compared} rows were compared`)
  index.release()
}

/** Bounds that hold raise no key; half of the estimates are above their distances. */
function checkKeys(subject: KernelSubject): void {
  const rows = { listed: 200, tail: 50, loose: 9 }
  const index = seededIndex(subject, { ...PLAIN, rows })
  const search = wholeSearch(index)
  const keysAreDistances = [INFINITE, 3, 0].map((eps) => {
    const heap = emptyHeap(20)
    return checkSearch(subject, index, { ...search, eps, tailEps: eps }, heap).keysAreDistances
  })
  assert.deepEqual(keysAreDistances, [true, true, false])
  index.release()
}

function checkRepeats(subject: KernelSubject): void {
  const index = seededIndex(subject, PLAIN)
  const { lists, ...rest } = wholeSearch(index)
  const [parts, whole] = [emptyHeap(30), emptyHeap(30)]
  const looseFrom = index.table.rowCount
  const none = new Uint32Array()
  subject.provider.searchLists({ ...rest, looseFrom }, parts)
  subject.provider.searchLists({ ...rest, tail: none }, parts)
  for (let i = 0; i < 2; i++) {
    subject.provider.searchLists({ ...rest, lists: lists!, tail: none, looseFrom }, parts)
  }
  subject.provider.searchLists({ ...rest, lists: lists! }, whole)
  assert.deepEqual(entriesOf(parts), entriesOf(whole))
  index.release()
}

/** The query is near the mean, so that its norm is finite, and both are far from zero. */
function checkOverflow(subject: KernelSubject): void {
  const dimension = 8
  const index = seededIndex(subject, { ...PLAIN, combination: ['float32', 'dot'], dimension })
  const far = 1e25
  const numbers = Float32Array.from({ length: dimension }, (_, i) => far * (1 - i * 2 ** -23))
  const query = new Uint8Array(numbers.buffer)
  const space = { ...index.space, mean: new Float32Array(dimension).fill(far) }
  const tables = new Uint8Array(4 * codeDimensionOf('float32', dimension))
  const { norm, constant } = subject.codes.buildTables(space, query, tables)
  assert.deepEqual([Number.isFinite(norm), constant], [true, INFINITE])
  for (const eps of [0, 1.9]) {
    const search = { ...wholeSearch(index), space, query, eps, tailEps: eps }
    checkSearch(subject, index, search, emptyHeap(20))
  }
  index.release()
}

function checkEmpty(subject: KernelSubject): void {
  const index = seededIndex(subject, { ...PLAIN, rows: { listed: 0, tail: 0, loose: 0 } })
  const heap = emptyHeap(3)
  const cost = subject.provider.searchLists(wholeSearch(index), heap)
  assert.deepEqual(cost, {
    lists: PLAIN.listCount,
    scanned: 0,
    compared: 0,
    keysAreDistances: true,
  })
  assert.equal(heap.count, 0)
  index.release()
}
