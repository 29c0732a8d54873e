/** What codes in lists make of the distances of their rows to a query (docs/codes.md). */

import { BLOCK_ROWS, type BlockLayout, blockLayoutOf } from '../../code-layout.js'
import type { KernelProvider } from '../../contract/index.js'
import { extentOf } from '../list-places.js'
import type { RowLists } from '../row-lists.js'
import type { MeasuredQuery } from './list-distances.js'
import type { RowPlace } from './row-places.js'

/** What searches allow for the rounding of float32. */
const SLACK = 2 ** -20

/**
 * Estimates distances of rows, from their codes as they are.
 *
 * @internal
 */
export class ListEstimates {
  readonly #kernels: KernelProvider
  readonly #lists: RowLists
  readonly #codeDimension: number
  readonly #layout: BlockLayout
  /** The blocks of each chunk, as numbers. */
  readonly #numbers: readonly Float32Array[]
  readonly #sums = new Uint16Array(BLOCK_ROWS)

  constructor(kernels: KernelProvider, lists: RowLists) {
    this.#kernels = kernels
    this.#lists = lists
    this.#codeDimension = lists.space.signs.length / 2
    this.#layout = blockLayoutOf(this.#codeDimension)
    this.#numbers = lists.chunks.map(
      ({ buffer, byteOffset, byteLength }) => new Float32Array(buffer, byteOffset, byteLength / 4),
    )
  }

  /** The estimate of an entry, and its error for an `eps` of 1. */
  of(
    query: MeasuredQuery,
    { list, entry }: RowPlace,
  ): { readonly estimate: number; readonly error: number } {
    const { chunks, extents } = this.#lists
    const { byteLength, factorsAt } = this.#layout
    const { chunk, block } = extentOf(extents, list)
    const lane = entry % BLOCK_ROWS
    const at = (block + (entry - lane) / BLOCK_ROWS) * byteLength
    const { tables, terms } = query
    const blocks = chunks[chunk]!.subarray(at, at + byteLength)
    const scan = { codeDimension: this.#codeDimension, tables, blocks, from: 0, to: 1 }
    this.#kernels.scanSums(scan, this.#sums)
    const numbers = this.#numbers[chunk]!
    const column = (at + factorsAt) / Float32Array.BYTES_PER_ELEMENT + lane
    const factor = numbers[column]!
    const offset = numbers[column + BLOCK_ROWS]!
    const sum = this.#sums[lane]! * terms.scale + terms.bias
    const distance = query.distances[list]!
    const rounding = terms.scale ** 2 * (this.#codeDimension / 16)
    const isBlind = terms.norm === Number.POSITIVE_INFINITY
    const norm = isBlind ? Number.POSITIVE_INFINITY : Math.sqrt(distance + rounding)
    return {
      estimate: factor * sum + offset + this.#constantOf(query, distance),
      error: norm * numbers[column + 2 * BLOCK_ROWS]!,
    }
  }

  #constantOf({ squaredLength }: MeasuredQuery, centroidDistance: number): number {
    const { metric } = this.#lists.space
    if (metric === 'l2' || metric === 'hamming') return centroidDistance * (1 - SLACK)
    const exact = (metric === 'cosine' ? 1 : 0) + (centroidDistance - squaredLength) / 2
    return exact - SLACK * (squaredLength + centroidDistance)
  }
}
