/**
 * The recall of every plan at once, from what is known of the nearest rows of some queries: how far
 * away they are, where in the order of lists their nearest list is, and what their codes say.
 *
 * A search finds the k rows with the least keys among those of the lists that it scans. The key of
 * a row is its distance, or the lower bound of its code where that is greater: the least bound
 * where it is in more than one of these lists.
 */

/**
 * How sure bounds may be. With the last, one row in 400 that is not near any query is missed. A
 * step is worth a twentieth of the rows compared: wider ones cost searches what they overshoot.
 */
const EPS = [
  0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.1, 2.2, 2.3,
  2.4, 2.6, 2.8,
] as const
/**
 * The codes of the nearest rows of a query: one for each list that a row is in, those of nearer
 * rows first.
 *
 * @internal
 */
export interface RankedCodes {
  /** Whose each is: a place among the nearest rows. */
  readonly rows: Uint32Array
  /** The first step (`ListStep`) with which searches come across each. */
  readonly steps: Uint32Array
  /** What each makes of the distance. */
  readonly estimates: Float64Array
  /** The errors of the estimates, for an `eps` of 1. */
  readonly errors: Float64Array
}

/**
 * The nearest rows of a query.
 *
 * @internal
 */
export interface RankedRows {
  /** Ordering distances, ascending. */
  readonly distances: Float64Array
  readonly codes: RankedCodes
}

/**
 * The recall of a plan over some queries.
 *
 * @internal
 */
export interface MeasuredRecall {
  readonly mean: number
  /** The standard error of the mean. */
  readonly error: number
  /** What one row more or less, which is chance, makes of the mean. */
  readonly ofOneRow: number
}

/**
 * Recall by k, eps and step of lists.
 *
 * @internal
 */
export class RecallTable {
  /** The sizes of answers. */
  static readonly ks: readonly number[] = [10, 100]
  /** The `eps` of plans, ascending. */
  static readonly eps: readonly number[] = EPS
  /** How many steps of lists there are; the last is all lists. */
  readonly stepCount: number
  readonly #sums: Float64Array
  readonly #squares: Float64Array
  readonly #counts: number[] = RecallTable.ks.map(() => 0)

  constructor(stepCount: number) {
    this.stepCount = stepCount
    const size = RecallTable.ks.length * EPS.length * stepCount
    this.#sums = new Float64Array(size)
    this.#squares = new Float64Array(size)
  }

  /** How many queries were added. */
  get count(): number {
    return this.#counts[0]!
  }

  /**
   * Adds what is known of a query.
   *
   * @param rows - one at least
   * @param areMany - whether these are enough of them for the larger answer
   */
  add(rows: RankedRows, areMany: boolean): void {
    const sizes = RecallTable.ks.slice(0, areMany ? undefined : 1)
    for (const i of sizes.keys()) this.#counts[i]! += 1
    const grows = this.#growingSteps(rows.codes)
    const isFound = new Uint8Array(rows.distances.length)
    for (const [e, eps] of EPS.entries()) {
      const order = orderByKey(rows, eps)
      for (const [i, k] of sizes.entries()) {
        const wanted = Math.min(k, rows.distances.length)
        this.#addRecalls({ rows, order, wanted, grows, isFound }, i, e)
      }
    }
  }

  /** The recall of a plan, named by its places in `ks`, `eps` and the steps. */
  at(k: number, eps: number, step: number): MeasuredRecall {
    const at = this.#place(k, eps) + step
    const count = this.#counts[k]!
    const mean = this.#sums[at]! / count
    const variance = Math.max(0, this.#squares[at]! / count - mean * mean)
    const error = Math.sqrt(variance / Math.max(1, count - 1))
    return { mean, error, ofOneRow: 1 / (count * RecallTable.ks[k]!) }
  }

  #addRecalls(query: RankedQuery, k: number, eps: number): void {
    const first = this.#place(k, eps)
    let recall = 0
    for (let step = 0; step < this.stepCount; step++) {
      if (query.grows[step] === 1) recall = recallWith(query, step)
      this.#sums[first + step]! += recall
      this.#squares[first + step]! += recall * recall
    }
  }

  /** Whether, with each step, a search comes across rows that it did not before. */
  #growingSteps({ steps }: RankedCodes): Uint8Array {
    const grows = new Uint8Array(this.stepCount)
    for (const step of steps) grows[step] = 1
    return grows
  }

  #place(k: number, eps: number): number {
    return (k * EPS.length + eps) * this.stepCount
  }
}

/** The codes of a query in the order of their keys, and how many rows are looked for. */
interface RankedQuery {
  readonly rows: RankedRows
  readonly order: Uint32Array
  readonly wanted: number
  readonly grows: Uint8Array
  /** Room for a number for each row. */
  readonly isFound: Uint8Array
}

/** The share of the nearest rows that a search with a step finds. */
function recallWith({ rows, order, wanted, isFound }: RankedQuery, step: number): number {
  const { distances, codes } = rows
  const farthest = distances[wanted - 1]!
  isFound.fill(0, 0, distances.length)
  let found = 0
  let right = 0
  for (let j = 0; j < order.length && found < wanted; j++) {
    const code = order[j]!
    const row = codes.rows[code]!
    if (codes.steps[code]! > step || isFound[row] === 1) continue
    isFound[row] = 1
    found += 1
    // Of rows that are equally far away one is as good as another.
    if (distances[row]! <= farthest) right += 1
  }
  return right / wanted
}

/** Codes by key: an insertion sort, because most stay where they are. */
function orderByKey({ distances, codes }: RankedRows, eps: number): Uint32Array {
  const { rows, estimates, errors } = codes
  const keys = new Float64Array(rows.length)
  const order = new Uint32Array(rows.length)
  for (let i = 0; i < order.length; i++) {
    const bound = estimates[i]! - eps * errors[i]!
    // A bound that is not a number rules nothing out.
    const lower = Number.isNaN(bound) ? Number.NEGATIVE_INFINITY : bound
    const key = Math.max(distances[rows[i]!]!, lower)
    let at = i
    for (; at > 0 && keys[at - 1]! > key; at--) {
      keys[at] = keys[at - 1]!
      order[at] = order[at - 1]!
    }
    keys[at] = key
    order[at] = i
  }
  return order
}
