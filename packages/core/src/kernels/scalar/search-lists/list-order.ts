/**
 * Lists in the order in which a query visits them: by the squared distance of their centroids for
 * those with the best estimates, by their estimates for the others; ties go to the lower number.
 * How many of them are scanned depends on how far they are (docs/codes.md, "Which lists").
 */

import { BLOCK_ROWS } from '../../../code-layout.js'
import type { QueryTerms } from '../../../contract/code-kernels.js'
import type { CodeLists, ListSearch } from '../../../contract/list-search.js'
import { FIRST_LISTS, nearMaxOf, nearnessOf } from '../../list-reach.js'
import { BlockColumns } from '../codes/block-columns.js'
import type { CodeShape } from '../codes/code-shape.js'
import { sumCodes } from '../codes/code-sums.js'
import { sumSquaredDifferences } from '../codes/sum64.js'

/**
 * What lists are ranked for.
 *
 * @internal
 */
export interface RankedQuery {
  readonly tables: Uint8Array
  readonly terms: QueryTerms
  /** What is compared with centroids, `n` numbers at least. */
  readonly u: Float32Array
}

/**
 * Lists in order.
 *
 * @internal
 */
export interface OrderedLists {
  /** The numbers of all of them. */
  readonly order: Uint32Array
  /** How many are to be scanned. */
  readonly probes: number
}

/**
 * Puts lists in order.
 *
 * @internal
 */
export function orderLists(
  lists: CodeLists,
  shape: CodeShape,
  query: RankedQuery,
  { probes, reach }: Pick<ListSearch, 'probes' | 'reach'>,
): OrderedLists {
  const { elements, codeDimension } = shape
  const listCount = lists.centroids.length / elements
  const columns = new BlockColumns(lists.blocks, codeDimension)
  const keys = estimates(columns, listCount, query)
  const order = Uint32Array.from({ length: listCount }, (_, list) => list)
  // A stable sort of numbers in order: ties stay in the order of their numbers.
  order.sort((a, b) => difference(keys[a]!, keys[b]!))
  const first = order.slice(0, FIRST_LISTS)
  const estimateMax = limitOf(first, keys, reach)
  const inReach = order.reduce((count, list) => count + (keys[list]! <= estimateMax ? 1 : 0), 0)
  const near = Math.min(Math.max(inReach, first.length), nearMaxOf(probes))
  const nearest = order.subarray(0, near).sort()
  for (const list of nearest) {
    const sum = sumSquaredDifferences(query.u, lists.centroids, list * elements, elements)
    keys[list] = orInfinity(sum)
  }
  nearest.sort((a, b) => difference(keys[a]!, keys[b]!))
  const distanceMax = limitOf(first, keys, reach)
  const wanted = nearest.reduce((count, list) => count + (keys[list]! <= distanceMax ? 1 : 0), 0)
  return { order, probes: Math.min(Math.max(wanted, 1), probes, nearest.length) }
}

/** What lists within reach do not exceed. */
function limitOf(first: Uint32Array, keys: Float32Array, reach: number): number {
  return nearnessOf(Float32Array.from(first, (list) => keys[list]!)) + reach
}

function estimates(
  columns: BlockColumns,
  listCount: number,
  { tables, terms }: RankedQuery,
): Float32Array {
  const { bytes, floats, layout } = columns
  const sums = new Uint16Array(BLOCK_ROWS)
  const found = new Float32Array(listCount)
  for (let list = 0; list < listCount; list++) {
    const lane = list % BLOCK_ROWS
    const block = (list - lane) / BLOCK_ROWS
    if (lane === 0) sumCodes(tables, bytes, block * layout.byteLength, sums)
    const at = columns.columnsAt(block) + lane
    const sum = Math.fround(Math.fround(sums[lane]! * terms.scale) + terms.bias)
    found[list] = orInfinity(Math.fround(floats[at]! * sum) + floats[at + BLOCK_ROWS]!)
  }
  return found
}

/** Infinities are equal. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a - b
}

function orInfinity(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
}
