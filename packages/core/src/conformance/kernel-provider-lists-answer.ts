/** What a query over an index may answer: docs/codes.md and the contract, read word for word. */

import assert from 'node:assert/strict'
import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf } from '../code-layout.js'
import type { CodeKernels, QueryTerms } from '../contract/code-kernels.js'
import type { NearestHeap } from '../contract/kernel-provider.js'
import type { ListSearch, SearchOutcome } from '../contract/list-search.js'
import { nameOf, rowCountOf } from './kernel-provider-codes-data.js'
import type { KernelSubject } from './kernel-provider-data.js'
import type { ListedRows, SeededIndex } from './kernel-provider-lists-data.js'

/** A search, and what the answer must be judged by. */
interface Judged {
  readonly search: ListSearch
  readonly tables: Uint8Array
  readonly terms: QueryTerms
  /** The query as the metric compares it. */
  readonly u: Float32Array
  /** Of all rows. */
  readonly distances: Float64Array
  /** Rows and lower bounds of the entries scanned so far. */
  readonly entries: Array<readonly [row: number, lower: number]>
  /** The least lower bounds of rows scanned so far; -Infinity of those without codes. */
  readonly lowers: Map<number, number>
}

/**
 * Runs a search with an empty heap and fails unless its answer is the one that it must have: of the
 * rows that are scanned and may compete, those with the least keys, no row twice.
 *
 * @returns what came of it
 * @internal
 */
export function checkSearch(
  subject: KernelSubject,
  index: SeededIndex,
  search: ListSearch,
  heap: NearestHeap,
): SearchOutcome {
  const outcome = subject.provider.searchLists(search, heap)
  const judged = judge(subject, index, search)
  const { lists, lanes } = scanAll(subject.codes, index, judged, heap)
  const { space, probes, reach, eps } = search
  const what = `${nameOf(space)}, ${probes} probes, reach ${reach}, eps ${eps}`
  assert.equal(outcome.lists, lists, `${what}: lists`)
  assert.equal(outcome.scanned, lanes.length, `${what}: rows scanned`)
  for (let row = search.looseFrom; row < search.rows.rowCount; row++) {
    judged.lowers.set(row, Number.NEGATIVE_INFINITY)
  }
  checkHeapOrder(heap, what)
  assert.deepEqual(entriesOf(heap), sorted(entrants(judged, heap)).slice(0, heap.k), what)
  const looseMax = Math.max(0, search.rows.rowCount - search.looseFrom)
  assert.ok(outcome.compared >= heap.count, `${what}: compared`)
  assert.ok(outcome.compared <= lanes.length + looseMax, `${what}: compared`)
  const again = comparedAgain(subject, search, heap)
  assert.equal(again, survivors(subject, index, search, heap), what)
  if (outcome.keysAreDistances) assert.equal(raisedIn(judged, heap), 0, `${what}: raised keys`)
  return outcome
}

/** How much the same search compares that begins with its answer. */
function comparedAgain(subject: KernelSubject, search: ListSearch, heap: NearestHeap): number {
  const { distances, rows } = heap
  const again = { ...heap, distances: distances.slice(), rows: rows.slice() }
  const { compared } = subject.provider.searchLists(search, again)
  assert.deepEqual(entriesOf(again), entriesOf(heap), 'a search that begins with its answer')
  return compared
}

/** Entries that an answer does not rule out, in no more lists than wanted, and rows without. */
function survivors(
  subject: KernelSubject,
  index: SeededIndex,
  search: ListSearch,
  heap: NearestHeap,
): number {
  const { k, count, distances, distanceMax } = heap
  const isFull = count === k
  const judged = judge(subject, index, search)
  scanAll(subject.codes, index, judged, isFull ? { ...heap, k: 0 } : heap)
  const worst = isFull ? Math.min(distances[0]!, distanceMax) : distanceMax
  const { entries } = judged
  for (let row = search.looseFrom; row < search.rows.rowCount; row++) entries.push([row, -Infinity])
  return entries.filter(([row, lower]) => lower <= worst && competes(search, row)).length
}

/** How many entries of a heap have keys above their distances. */
function raisedIn({ distances }: Judged, heap: NearestHeap): number {
  return entriesOf(heap).filter(([key, row]) => key > distances[row]!).length
}

/**
 * Whether a row may compete.
 *
 * @internal
 */
export function competes({ rows }: ListSearch, row: number): boolean {
  const { segments, rowsPerSegment, firstRow, rowCount, mask } = rows
  if (row < firstRow || row >= rowCount) return false
  if (segments[Math.floor(row / rowsPerSegment)] === 0) return false
  const at = row - firstRow
  return mask === undefined || ((mask[at >>> 5]! >>> (at & 31)) & 1) === 1
}

function judge(subject: KernelSubject, index: SeededIndex, search: ListSearch): Judged {
  const { space, query } = search
  const { metric, dtype, dimension, mean } = space
  const distances = new Float64Array(rowCountOf(space, index.rows))
  const task = { metric, dtype, dimension, query, rows: index.rows }
  subject.provider.distancesRange(task, 0, distances)
  const tables = new Uint8Array(4 * codeDimensionOf(dtype, dimension))
  const terms = subject.codes.buildTables(space, query, tables)
  const sums = new Float64Array(mean.length)
  const [lists, counts] = [new Uint32Array(1), new Uint32Array(1)]
  subject.codes.accumulateMeans({ space, rows: query, lists, sums, counts })
  const u = Float32Array.from(sums)
  return { search, tables, terms, u, distances, entries: [], lowers: new Map() }
}

/** The rows of all lanes that are scanned, and how many lists are. */
function scanAll(
  codes: CodeKernels,
  index: SeededIndex,
  judged: Judged,
  heap: NearestHeap,
): { readonly lists: number; readonly lanes: readonly number[] } {
  const { search } = judged
  const scanned: ListedRows[] = []
  const { order, wanted } =
    search.lists === undefined ? { order: [], wanted: 0 } : orderOfLists(codes, judged)
  for (const list of order) {
    if (scanned.length >= wanted && entrants(judged, heap).length >= heap.k) break
    scanned.push(index.members.lists[list]!)
    scan(codes, judged, scanned.at(-1)!)
  }
  const lists = scanned.length
  const tail = search.tail.length > 0 ? index.members.tail : []
  for (const rows of tail) scan(codes, judged, rows)
  return { lists, lanes: [...scanned, ...tail].flatMap(({ rows }) => rows) }
}

/** Notes the lower bounds of rows, where they are the least of theirs. */
function scan(codes: CodeKernels, judged: Judged, { rows, blocks, centre }: ListedRows): void {
  const { tables, terms, entries, lowers } = judged
  const { scale, bias } = terms
  const { constant, weight } = termsAround(judged, centre)
  const codeDimension = tables.length / 4
  const to = blocks.length / blockLayoutOf(codeDimension).byteLength
  const room = Math.max(1, to) * BLOCK_ROWS
  const found = { rows: new Uint32Array(room), bounds: new Float32Array(room), count: 0 }
  const bound = { scale, bias, weight, threshold: Number.POSITIVE_INFINITY }
  codes.scanBlocks({ codeDimension, tables, blocks, from: 0, to }, bound, found)
  rows.forEach((row, i) => {
    const sum = Math.fround(found.bounds[i]! + constant)
    const lower = Number.isNaN(sum) ? Number.NEGATIVE_INFINITY : sum
    entries.push([row, lower])
    lowers.set(row, Math.min(lower, lowers.get(row) ?? Number.POSITIVE_INFINITY))
  })
}

/** The constant and the weight of codes around a centre. */
function termsAround(
  { search, terms, u }: Judged,
  centre: Float32Array | undefined,
): { readonly constant: number; readonly weight: number } {
  const { metric } = search.space
  const first = { cosine: 1, dot: 0, l2: undefined, hamming: undefined }[metric]
  let { constant } = terms
  let weight = search.tailEps * terms.norm
  let d = Math.fround(terms.norm * terms.norm)
  const uu = first === undefined ? 0 : squaredDistance(u, new Float32Array(u.length))
  if (centre !== undefined) {
    d = squaredDistance(u, centre)
    const rest = first === undefined ? 0 : Math.fround(first - Math.fround(0.5 * uu))
    constant = first === undefined ? d : Math.fround(rest + Math.fround(0.5 * d))
    const scaled = Math.fround(terms.scale * terms.scale)
    const rounding = Math.fround(scaled * (search.space.signs.length / 32))
    weight = search.eps * Math.fround(Math.sqrt(Math.fround(d + rounding)))
  }
  constant = Math.fround(constant - Math.fround(Math.fround(uu + d) * 2 ** -20))
  const isBlind = !Number.isFinite(constant) || terms.norm === Number.POSITIVE_INFINITY
  return { constant, weight: isBlind ? Number.POSITIVE_INFINITY : weight }
}

/** Keys and rows of what was scanned so far that may enter a heap. */
function entrants(
  { search, distances, lowers }: Judged,
  { distanceMax }: NearestHeap,
): Array<readonly [number, number]> {
  const entries = [...lowers].map(
    ([row, lower]) => [Math.max(distances[row]!, lower), row] as const,
  )
  return entries.filter(([key, row]) => key <= distanceMax && competes(search, row))
}

/** All lists in order, and how many are scanned whatever they hold. */
function orderOfLists(
  codes: CodeKernels,
  { search, tables, terms, u }: Judged,
): { readonly order: readonly number[]; readonly wanted: number } {
  const { centroids, blocks } = search.lists!
  const n = u.length
  const codeDimension = tables.length / 4
  const layout = blockLayoutOf(codeDimension)
  const to = blocks.length / layout.byteLength
  const sums = new Uint16Array(to * BLOCK_ROWS)
  codes.scanSums({ codeDimension, tables, blocks, from: 0, to }, sums)
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength)
  const keys = Array.from({ length: centroids.length / n }, (_, list) => {
    const at = Math.floor(list / BLOCK_ROWS) * layout.byteLength + 4 * (list % BLOCK_ROWS)
    const sum = Math.fround(Math.fround(sums[list]! * terms.scale) + terms.bias)
    const product = Math.fround(view.getFloat32(at + layout.factorsAt, true) * sum)
    return nanLast(Math.fround(product + view.getFloat32(at + layout.offsetsAt, true)))
  })
  // Infinities are equal.
  const byKey = (a: number, b: number): number =>
    keys[a] === keys[b] ? a - b : keys[a]! - keys[b]!
  const order = [...keys.keys()].sort(byKey)
  const first = order.slice(0, 24)
  const isInReach = (list: number): boolean => keys[list]! <= limit
  let limit = limitOf(first.map((list) => keys[list]!)) + search.reach
  const inReach = Math.max(order.filter(isInReach).length, first.length)
  const near = order.splice(
    0,
    Math.min(inReach, Math.max(24, Math.floor(1.25 * search.probes) + 8)),
  )
  for (const list of near) keys[list] = nanLast(squaredDistance(u, centroids.subarray(list * n)))
  limit = limitOf(first.map((list) => keys[list]!)) + search.reach
  const wanted = Math.max(1, near.filter(isInReach).length)
  return { order: [...near.sort(byKey), ...order], wanted: Math.min(wanted, search.probes) }
}

/** How far away near is: between the least and the tenth. */
function limitOf(distances: readonly number[]): number {
  const sorted = distances.toSorted((a, b) => (a === b ? 0 : a - b))
  return 0.3 * sorted[0]! + 0.7 * sorted[Math.min(9, sorted.length - 1)]!
}

function nanLast(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
}

/** `sum64((u - c)^2)`. */
function squaredDistance(u: Float32Array, c: Float32Array): number {
  const lanes = new Float32Array(64)
  u.forEach((value, i) => {
    const difference = Math.fround(value - c[i]!)
    lanes[i % 64] = lanes[i % 64]! + Math.fround(difference * difference)
  })
  for (let h = 32; h >= 1; h /= 2) {
    for (let i = 0; i < h; i++) lanes[i] = lanes[i]! + lanes[i + h]!
  }
  return lanes[0]!
}

function checkHeapOrder({ count, distances, rows }: NearestHeap, what: string): void {
  for (let i = 1; i < count; i++) {
    const parent = (i - 1) >> 1
    const isOrdered =
      distances[parent]! > distances[i]! ||
      (distances[parent] === distances[i] && rows[parent]! > rows[i]!)
    assert.ok(isOrdered, `${what}: entry ${i} is worse than its parent`)
  }
}

/**
 * What a heap has: keys and rows, best first.
 *
 * @internal
 */
export function entriesOf({
  count,
  distances,
  rows,
}: NearestHeap): Array<readonly [number, number]> {
  return sorted(Array.from({ length: count }, (_, i) => [distances[i]!, rows[i]!] as const))
}

function sorted(entries: Array<readonly [number, number]>): Array<readonly [number, number]> {
  // Infinities are equal.
  return entries.sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] - b[0]))
}
