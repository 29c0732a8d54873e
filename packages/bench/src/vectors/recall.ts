/**
 * Recall by brute force in float64, independent of the kernels under test and of ids' order: a hit
 * counts when its true distance is no larger than that of the true k-th neighbour, so any choice
 * among equally near rows is right. Every row of the stream that is alive at its end is considered;
 * recurring rows are counted as often as they recur. Distances are cosine, or Hamming for bits.
 */

import type { VectorId } from '@sluice/core'
import { decodeRow, valuesPerRow } from './decode.js'
import type { Workload } from './workload.js'

/** Room for the rounding of single-precision kernels, far below the gaps between neighbours. */
const TOLERANCE = 1e-6

/**
 * The true neighbours of a workload's queries.
 *
 * @internal
 */
export class GroundTruth {
  readonly k: number
  readonly #workload: Workload
  readonly #queries: readonly Float64Array[]
  /** The distance of each query's k-th neighbour. */
  readonly #distanceMax: readonly number[]

  /**
   * Takes seconds for large workloads: one pass over the ring for all queries together. Not where
   * the neighbours are known.
   *
   * @param workload - rows and queries
   * @param k - neighbours that count
   * @param neighbours - for each query, the rows of its `k` nearest, in any order
   */
  constructor(workload: Workload, k: number, neighbours?: readonly ArrayLike<number>[]) {
    const { queries, stride } = workload
    this.#workload = workload
    this.k = Math.min(k, workload.idCount)
    this.#queries = Array.from({ length: queries.byteLength / stride }, (_, i) =>
      this.#decode(queries.subarray(i * stride, (i + 1) * stride)),
    )
    this.#distanceMax = neighbours === undefined ? this.#search() : this.#farthest(neighbours)
  }

  /** Share of the true k neighbours among the hits of query `index`. */
  recallOf(index: number, ids: Iterable<VectorId>): number {
    const { shape } = this.#workload
    const query = this.#queries[index] ?? new Float64Array(0)
    const distanceMax = this.#distanceMax[index] ?? Number.NEGATIVE_INFINITY
    const bound = distanceMax + TOLERANCE * Math.max(1, Math.abs(distanceMax))
    const rows = new Set<number>()
    const scratch = this.#newValues()
    for (const id of ids) {
      const row = this.#workload.rowOf(id)
      if (!(row >= 0 && row < shape.rowCount)) continue
      const values = this.#decode(this.#workload.bytesOf(row), scratch)
      if (this.#distance(query, values) <= bound) rows.add(row)
    }
    return Math.min(1, rows.size / this.k)
  }

  #farthest(neighbours: readonly ArrayLike<number>[]): number[] {
    return this.#queries.map((query, index) => {
      const distances = Array.from(neighbours[index] ?? [], (row) =>
        this.#distance(query, this.#decode(this.#workload.bytesOf(row))),
      )
      return Math.max(...distances)
    })
  }

  #search(): number[] {
    const { ring, stride, ringRows, shape, idCount } = this.#workload
    const nearest = this.#queries.map(() => new Float64Array(this.k).fill(Number.POSITIVE_INFINITY))
    const values = this.#newValues()
    for (let row = 0; row < ringRows; row++) {
      this.#decode(ring.subarray(row * stride, (row + 1) * stride), values)
      // Times that the row occurs among the first so many of the stream.
      const occurs = (count: number): number => Math.max(0, Math.ceil((count - row) / ringRows))
      const copies = occurs(shape.rowCount) - occurs(shape.rowCount - idCount)
      this.#queries.forEach((query, i) => {
        offer(nearest[i] as Float64Array, this.#distance(query, values), copies)
      })
    }
    return nearest.map((distances) => distances.at(-1) ?? Number.NEGATIVE_INFINITY)
  }

  /**
   * A row as numbers, of length 1 unless they are bits.
   *
   * @param values - takes them, where given: searches are timed between judgements, and garbage
   * of these would be collected then
   */
  #decode(row: Uint8Array, values: Float64Array = this.#newValues()): Float64Array {
    const { dtype } = this.#workload.shape
    decodeRow(dtype, row, values)
    if (dtype === 'bit') return values
    const length = Math.sqrt(dot(values, values))
    if (length === 0) return values
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / length
    return values
  }

  #newValues(): Float64Array {
    const { shape, stride } = this.#workload
    return new Float64Array(valuesPerRow(shape.dtype, stride))
  }

  #distance(a: Float64Array, b: Float64Array): number {
    return this.#workload.shape.dtype === 'bit' ? differences(a, b) : 1 - dot(a, b)
  }
}

/** Inserts a distance, `copies` times, into an ascending list of fixed length. */
function offer(distances: Float64Array, distance: number, copies: number): void {
  for (let copy = 0; copy < copies; copy++) {
    let at = distances.length - 1
    if (!(distance < (distances[at] ?? 0))) return
    while (at > 0 && (distances[at - 1] ?? 0) > distance) {
      distances[at] = distances[at - 1] ?? 0
      at -= 1
    }
    distances[at] = distance
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

function differences(a: Float64Array, b: Float64Array): number {
  let count = 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count += 1
  return count
}
