/**
 * The nearest rows of queries, and what searches of lists depend on: in which of the lists nearest
 * to the query a row lies, and what its codes there say of its distance.
 */

import type { KernelProvider } from '../../contract/index.js'
import { probesToSee } from '../../kernels/list-reach.js'
import type { NearestRows } from '../../kernels/nearest-heap.js'
import type { RowLists } from '../row-lists.js'
import { ListDistances, type MeasuredQuery } from './list-distances.js'
import { ListEstimates } from './list-estimates.js'
import { type ListStep, stepFor } from './list-steps.js'
import type { RankedRows } from './recall-table.js'
import type { RowPlace, RowPlaces } from './row-places.js'

/**
 * Looks up what is known of rows.
 *
 * @internal
 */
export class RowRanker {
  readonly #estimates: ListEstimates
  readonly #distances: ListDistances
  readonly #steps: readonly ListStep[]
  readonly #places: RowPlaces

  /** @param known - `places` of all rows that will be asked for */
  constructor(
    kernels: KernelProvider,
    lists: RowLists,
    known: { readonly steps: readonly ListStep[]; readonly places: RowPlaces },
  ) {
    this.#estimates = new ListEstimates(kernels, lists)
    this.#distances = new ListDistances(kernels, lists)
    this.#steps = known.steps
    this.#places = known.places
  }

  /** What is known of the nearest rows of a query. */
  rank(vector: Uint8Array, { distances, rows }: NearestRows): RankedRows {
    const query = this.#distances.measure(vector)
    const places = Array.from(rows, (row) => this.#places.of(row))
    const entries = places.flat()
    const found = entries.map((place) => this.#estimates.of(query, place))
    return {
      distances,
      codes: {
        rows: Uint32Array.from(places.flatMap((of, row) => of.map(() => row))),
        steps: this.#stepsOf(query, entries),
        estimates: Float64Array.from(found, ({ estimate }) => estimate),
        errors: Float64Array.from(found, ({ error }) => error),
      },
    }
  }

  /** With which step the list of each entry is scanned: it must be near, and among the nearest. */
  #stepsOf(query: MeasuredQuery, places: readonly RowPlace[]): Uint32Array {
    const ofPlaces = (values: Float64Array | Float32Array): Float64Array =>
      Float64Array.from(places, ({ list }) => values[list]!)
    const reaches = ofPlaces(query.reaches)
    const byDistance = countBelow(query.distances, ofPlaces(query.distances))
    const byEstimate = countBelow(query.estimates, ofPlaces(query.estimates))
    return byDistance.map((rank, i) => {
      const probes = Math.max(rank, probesToSee(byEstimate[i]!))
      return stepFor(this.#steps, { reach: reaches[i]!, probes })
    })
  }
}

/** For each value, one more than how many of the others are below it. */
function countBelow(others: Float64Array | Float32Array, values: Float64Array): Uint32Array {
  const steps = Float64Array.from(new Set(values)).sort()
  const counts = new Uint32Array(steps.length + 1)
  const last = steps.at(-1) ?? Number.NEGATIVE_INFINITY
  for (let i = 0; i < others.length; i++) {
    if (others[i]! < last) counts[firstAbove(steps, others[i]!)]! += 1
  }
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!
  return Uint32Array.from(values, (value) => 1 + counts[firstAbove(steps, value) - 1]!)
}

/** The place of the first step above a value. */
function firstAbove(steps: Float64Array, value: number): number {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (steps[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}
