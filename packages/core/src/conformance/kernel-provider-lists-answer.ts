/** What a query over an index may answer: docs/codes.md and the contract, read word for word. */

import assert from 'node:assert/strict'
import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf } from '../code-layout.js'
import type { CodeKernels, QueryTerms } from '../contract/code-kernels.js'
import type { NearestHeap } from '../contract/kernel-provider.js'
import type { ListSearch, SearchCost } from '../contract/list-search.js'
import { nameOf, rowCountOf } from './kernel-provider-codes-data.js'
import type { KernelSubject } from './kernel-provider-data.js'
import type { ListedRows, SeededIndex } from './kernel-provider-lists-data.js'

/** Lists whose distance is taken: these, and half as many again as are scanned. */
const SPARE_LISTS = 8

/** A search, and what the answer must be judged by. */
interface Judged {
  readonly search: ListSearch
  /** Of all rows; those without codes have their distances. */
  readonly keys: Float64Array
  readonly terms: QueryTerms
}

/**
 * Runs a search with an empty heap and fails unless its answer is the one that it must have: of the
 * rows that are scanned and may compete, those with the least keys, no row twice.
 *
 * @returns what it cost
 * @internal
 */
export function checkSearch(
  subject: KernelSubject,
  index: SeededIndex,
  search: ListSearch,
  heap: NearestHeap,
): SearchCost {
  const cost = subject.provider.searchLists(search, heap)
  const judged = judge(subject, index, search)
  const { lists, lanes } = findScanned(subject.codes, index, judged, heap)
  const what = `${nameOf(search.space)}, ${search.probes} probes, eps ${search.eps}`
  assert.equal(cost.lists, lists, `${what}: lists`)
  assert.equal(cost.scanned, lanes.length, `${what}: rows scanned`)
  const candidates = new Set(lanes)
  for (let row = search.looseFrom; row < search.rows.rowCount; row++) candidates.add(row)
  for (const row of candidates) if (!competes(search, row)) candidates.delete(row)
  checkHeapOrder(heap, what)
  assert.deepEqual(entriesOf(heap), bestOf(judged.keys, candidates, heap), what)
  const looseMax = Math.max(0, search.rows.rowCount - search.looseFrom)
  assert.ok(cost.compared >= heap.count, `${what}: compared`)
  assert.ok(cost.compared <= lanes.length + looseMax, `${what}: compared`)
  return cost
}

/**
 * Whether a row may compete.
 *
 * @internal
 */
export function competes({ rows }: ListSearch, row: number): boolean {
  const { segments, rowsPerSegment, rowCount, mask } = rows
  if (row >= rowCount || segments[Math.floor(row / rowsPerSegment)] === 0) return false
  return mask === undefined || ((mask[row >>> 5]! >>> (row & 31)) & 1) === 1
}

function judge(subject: KernelSubject, index: SeededIndex, search: ListSearch): Judged {
  const { space, query, eps } = search
  const { metric, dtype, dimension } = space
  const keys = new Float64Array(rowCountOf(space, index.rows))
  const task = { metric, dtype, dimension, query, rows: index.rows }
  subject.provider.distancesRange(task, 0, keys)
  const codeDimension = codeDimensionOf(dtype, dimension)
  const tables = new Uint8Array(4 * codeDimension)
  const terms = subject.codes.buildTables(space, query, tables)
  const { scale, bias, norm, constant } = terms
  const weight = Number.isFinite(constant) ? eps * norm : Number.POSITIVE_INFINITY
  const bound = { scale, bias, weight, threshold: Number.POSITIVE_INFINITY }
  for (const { blocks } of [...index.members.lists, ...index.members.tail]) {
    const to = blocks.length / blockLayoutOf(codeDimension).byteLength
    const rows = new Uint32Array(Math.max(1, to) * BLOCK_ROWS)
    const found = { rows, bounds: new Float32Array(rows.length), count: 0 }
    subject.codes.scanBlocks({ codeDimension, tables, blocks, from: 0, to }, bound, found)
    for (let i = 0; i < found.count; i++) {
      const lower = found.bounds[i]! + constant
      if (lower > keys[rows[i]!]!) keys[rows[i]!] = lower
    }
  }
  return { search, keys, terms }
}

/** The rows of all lanes that are scanned, and how many lists are. */
function findScanned(
  codes: CodeKernels,
  index: SeededIndex,
  judged: Judged,
  heap: NearestHeap,
): { readonly lists: number; readonly lanes: readonly number[] } {
  const { search } = judged
  const scanned: ListedRows[] = []
  const enters = (row: number): boolean =>
    competes(search, row) && judged.keys[row]! <= heap.distanceMax
  const order = search.lists === undefined ? [] : orderOfLists(codes, search, judged.terms)
  for (const list of order) {
    const rows = new Set(scanned.flatMap((some) => some.rows).filter(enters))
    if (scanned.length >= search.probes && rows.size >= heap.k) break
    scanned.push(index.members.lists[list]!)
  }
  const lists = scanned.length
  if (search.tail.length > 0) scanned.push(...index.members.tail)
  return { lists, lanes: scanned.flatMap(({ rows }) => rows) }
}

function orderOfLists(codes: CodeKernels, search: ListSearch, terms: QueryTerms): number[] {
  const { space, query, probes } = search
  const { centroids, blocks } = search.lists!
  const n = space.mean.length
  const codeDimension = codeDimensionOf(space.dtype, space.dimension)
  const layout = blockLayoutOf(codeDimension)
  const tables = new Uint8Array(4 * codeDimension)
  codes.buildTables(space, query, tables)
  const to = blocks.length / layout.byteLength
  const sums = new Uint16Array(to * BLOCK_ROWS)
  codes.scanSums({ codeDimension, tables, blocks, from: 0, to }, sums)
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength)
  const keys = Array.from({ length: centroids.length / n }, (_, list) => {
    const at = Math.floor(list / BLOCK_ROWS) * layout.byteLength + 4 * (list % BLOCK_ROWS)
    const sum = Math.fround(Math.fround(sums[list]! * terms.scale) + terms.bias)
    const product = Math.fround(view.getFloat32(at + layout.factorsAt, true) * sum)
    return Math.fround(product + view.getFloat32(at + layout.offsetsAt, true))
  })
  const byKey = (a: number, b: number): number => keys[a]! - keys[b]! || a - b
  const order = [...keys.keys()].sort(byKey)
  const near = order.splice(0, Math.floor(1.5 * probes) + SPARE_LISTS)
  const u = new Float64Array(n)
  const lists = new Uint32Array(1)
  codes.accumulateMeans({ space, rows: query, lists, sums: u, counts: new Uint32Array(1) })
  for (const list of near) keys[list] = squaredDistance(u, centroids.subarray(list * n))
  return [...near.sort(byKey), ...order]
}

/** `sum64((u - c)^2)`. */
function squaredDistance(u: Float64Array, c: Float32Array): number {
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

/** What a heap must have in the end: keys and rows, best first. */
function bestOf(
  keys: Float64Array,
  candidates: ReadonlySet<number>,
  { k, distanceMax }: NearestHeap,
): Array<readonly [number, number]> {
  const entries = [...candidates].map((row) => [keys[row]!, row] as const)
  return sorted(entries.filter(([key]) => key <= distanceMax)).slice(0, k)
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
