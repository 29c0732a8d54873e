/**
 * What searches of lists cost, in nanoseconds of a model, so that the choice of a plan is the same
 * on every machine. Work is counted for a few queries and plans, and guessed between them.
 */

import type { NearestHeap, SearchCost } from '../../contract/index.js'
import { createNearestHeap } from '../../kernels/nearest-heap.js'
import type { CalibrationQuery } from './calibration-queries.js'
import type { ListSearcher } from './list-searcher.js'
import type { ListStep } from './list-steps.js'

/** From one number of lists that is tried to the next. */
const LISTS_STEP = 4
/** Spread over all that a plan may have. */
const EPS = [0.8, 1.4, 2, 2.8] as const

/**
 * Nanoseconds, fitted to searches of 117,659 rows of 384 float32 with AVX-512 and AVX2: 188 and 215
 * for a list, 0.97 and 1.33 for an entry of 64 bytes, 148 and 164 for a row that is compared.
 */
const LIST_NS = 200
const ENTRY_BYTE_NS = 0.018
const COMPARED_NS = 60
const COMPARED_BYTE_NS = 0.06

/**
 * How much there is to do for a unit of work.
 *
 * @internal
 */
export interface WorkShape {
  /** Bytes of a block for each of its rows. */
  readonly entryBytes: number
  /** Bytes of a packed row. */
  readonly rowBytes: number
}

/**
 * Nanoseconds of some work.
 *
 * @internal
 */
export function nanoseconds(cost: SearchCost, shape: WorkShape): number {
  return (
    cost.lists * LIST_NS +
    cost.scanned * shape.entryBytes * ENTRY_BYTE_NS +
    cost.compared * (COMPARED_NS + shape.rowBytes * COMPARED_BYTE_NS)
  )
}

/**
 * The costs of plans.
 *
 * @internal
 */
export class SearchCosts {
  readonly #k: number
  readonly #shape: WorkShape
  /** Numbers of lists that were tried. */
  readonly #lists: number[] = []
  /** Nanoseconds for each of `EPS`, for each of `#lists`. */
  readonly #costs: number[][] = []

  constructor(k: number, shape: WorkShape) {
    this.#k = k
    this.#shape = shape
  }

  /** Tries plans with some of these steps, the last one among them. */
  async measure(
    searcher: Pick<ListSearcher, 'search'>,
    task: { readonly queries: readonly CalibrationQuery[]; readonly steps: readonly ListStep[] },
    step: () => Promise<void>,
  ): Promise<void> {
    const tried = triedSteps(task.steps)
    const answers: NearestHeap[] = []
    for (const { vector } of task.queries) {
      const heap = createNearestHeap(this.#k)
      searcher.search(vector, { ...tried.at(-1)!, eps: EPS.at(-1)! }, heap)
      answers.push(heap)
      await step()
    }
    for (const { lists, probes, reach } of tried) {
      const costs: number[] = []
      for (const eps of EPS) {
        const total = { lists: 0, scanned: 0, compared: 0 }
        for (const [i, { vector }] of task.queries.entries()) {
          const heap = copyOf(answers[i]!)
          addCost(total, searcher.search(vector, { probes, reach, eps }, heap))
          await step()
        }
        costs.push(nanoseconds(total, this.#shape) / task.queries.length)
      }
      this.#lists.push(lists)
      this.#costs.push(costs)
    }
  }

  /** The cost of a plan, in nanoseconds; of more lists than were tried in proportion to them. */
  of(lists: number, eps: number): number {
    const last = this.#lists.at(-1)!
    if (lists > last) return (this.of(last, eps) * lists) / last
    const steps = this.#lists.map(Math.log)
    const byLists = this.#costs.map((costs) => Math.log(between(EPS, costs, eps)))
    return Math.exp(between(steps, byLists, Math.log(lists)))
  }
}

/**
 * A heap with the same entries. A search that begins with its answer compares what every search
 * must, whatever the order in which kernels go about it.
 *
 * @internal
 */
export function copyOf(heap: NearestHeap): NearestHeap {
  const copy = createNearestHeap(heap.k, heap.distanceMax)
  copy.distances.set(heap.distances)
  copy.rows.set(heap.rows)
  copy.count = heap.count
  return copy
}

function triedSteps(steps: readonly ListStep[]): readonly ListStep[] {
  const tried: ListStep[] = []
  for (const [i, step] of steps.entries()) {
    const isDue = step.lists >= LISTS_STEP * (tried.at(-1)?.lists ?? 0)
    if (isDue || i === steps.length - 1) tried.push(step)
  }
  return tried
}

/**
 * Adds one cost to another.
 *
 * @internal
 */
export function addCost(total: SearchCost, cost: SearchCost): void {
  total.lists += cost.lists
  total.scanned += cost.scanned
  total.compared += cost.compared
}

/** The value at `x`, up to the last point, of straight lines through points; the first goes on. */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  const next = Math.max(
    1,
    xs.findIndex((other) => other >= x),
  )
  const [x0, x1, y0, y1] = [xs[next - 1]!, xs[next] ?? 0, ys[next - 1]!, ys[next]]
  return y1 === undefined ? y0 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)
}
