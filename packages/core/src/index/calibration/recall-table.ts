/**
 * The recall of every plan at once, from what is known of the nearest rows of some queries: how far
 * away they are, where in the order of lists their nearest list is, and what their codes say.
 *
 * A search finds the k rows with the least keys among those of the lists that it scans. The key of
 * a row is its distance, or the lower bound of its code where that is greater.
 */

/** How sure bounds may be. With the last, one row in 400 that is not near any query is missed. */
const EPS = [0.8, 1, 1.2, 1.4, 1.6, 1.9, 2.2, 2.5, 2.8] as const
/** From one number of lists to the next. */
const PROBES_STEP = 1.15

/**
 * The nearest rows of a query, nearest first.
 *
 * @internal
 */
export interface RankedRows {
  /** Ordering distances. */
  readonly distances: Float64Array
  /** How many lists must be scanned to come across each. */
  readonly ranks: Uint32Array
  /** What codes make of the distances. */
  readonly estimates: Float64Array
  /** The errors of the estimates, for an `eps` of 1. */
  readonly errors: Float64Array
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
}

/**
 * Recall by k, eps and number of lists.
 *
 * @internal
 */
export class RecallTable {
  /** The sizes of answers. */
  static readonly ks: readonly number[] = [10, 100]
  /** The `eps` of plans, ascending. */
  static readonly eps: readonly number[] = EPS
  /** The numbers of lists of plans, ascending; the last is all of them. */
  readonly probes: readonly number[]
  readonly #sums: Float64Array
  readonly #squares: Float64Array
  readonly #counts: number[] = RecallTable.ks.map(() => 0)

  constructor(listCount: number) {
    this.probes = ladder(listCount)
    const size = RecallTable.ks.length * EPS.length * this.probes.length
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
    for (const [e, eps] of EPS.entries()) {
      const order = orderByKey(rows, eps)
      for (const [i, k] of sizes.entries()) this.#addSizes(rows, order, { i, k, e })
    }
  }

  /** The recall of a plan, named by its places in `ks`, `eps` and `probes`. */
  at(k: number, eps: number, probes: number): MeasuredRecall {
    const at = this.#place(k, eps) + probes
    const count = this.#counts[k]!
    const mean = this.#sums[at]! / count
    const variance = Math.max(0, this.#squares[at]! / count - mean * mean)
    return { mean, error: Math.sqrt(variance / Math.max(1, count - 1)) }
  }

  #addSizes(
    { distances, ranks }: RankedRows,
    order: Uint32Array,
    { i, k, e }: { readonly i: number; readonly k: number; readonly e: number },
  ): void {
    const wanted = Math.min(k, distances.length)
    const farthest = distances[wanted - 1]!
    const first = this.#place(i, e)
    for (const [p, probes] of this.probes.entries()) {
      let found = 0
      let right = 0
      for (let j = 0; j < order.length && found < wanted; j++) {
        const at = order[j]!
        if (ranks[at]! > probes) continue
        found += 1
        // Of rows that are equally far away one is as good as another.
        if (distances[at]! <= farthest) right += 1
      }
      const recall = right / wanted
      this.#sums[first + p]! += recall
      this.#squares[first + p]! += recall * recall
    }
  }

  #place(k: number, eps: number): number {
    return (k * EPS.length + eps) * this.probes.length
  }
}

/** Rows by key: an insertion sort, because most stay where they are. */
function orderByKey(rows: RankedRows, eps: number): Uint32Array {
  const { distances, estimates, errors } = rows
  const keys = new Float64Array(distances.length)
  const order = new Uint32Array(distances.length)
  for (let i = 0; i < order.length; i++) {
    const bound = estimates[i]! - eps * errors[i]!
    // A bound that is not a number rules nothing out.
    const key = Math.max(distances[i]!, Number.isNaN(bound) ? Number.NEGATIVE_INFINITY : bound)
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

function ladder(listCount: number): number[] {
  const steps: number[] = []
  for (let probes = 1; probes < listCount; ) {
    steps.push(probes)
    probes = Math.max(probes + 1, Math.ceil(probes * PROBES_STEP))
  }
  return [...steps, listCount]
}
