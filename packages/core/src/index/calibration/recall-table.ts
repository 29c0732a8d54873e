/**
 * The recall of every plan at once, from what is known of the nearest rows of some queries: how far
 * away they are, where in the order of lists their nearest list is, and what their codes say.
 *
 * A search finds the k rows with the least keys among those of the lists that it scans. The key of
 * a row is its distance, or the lower bound of its code where that is greater.
 */

/**
 * How sure bounds may be. With the last, one row in 400 that is not near any query is missed. A
 * step is worth a twentieth of the rows compared: wider ones cost searches what they overshoot.
 */
const EPS = [
  0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.1, 2.2, 2.3,
  2.4, 2.6, 2.8,
] as const
/** From one number of lists to the next. */
const PROBES_STEP = 1.05

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
  /** The numbers of lists of plans, ascending; the last is all of them: 0 where there are none. */
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
    const grows = this.#growingSteps(rows)
    for (const [e, eps] of EPS.entries()) {
      const order = orderByKey(rows, eps)
      for (const [i, k] of sizes.entries()) {
        this.#addRecalls({ rows, order, wanted: Math.min(k, order.length), grows }, i, e)
      }
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

  #addRecalls(query: RankedQuery, k: number, eps: number): void {
    const first = this.#place(k, eps)
    let recall = 0
    for (const [p, probes] of this.probes.entries()) {
      if (query.grows[p] === 1) recall = recallWith(query, probes)
      this.#sums[first + p]! += recall
      this.#squares[first + p]! += recall * recall
    }
  }

  /** Whether, with each number of lists, a search comes across rows that it did not before. */
  #growingSteps({ ranks }: RankedRows): Uint8Array {
    const grows = new Uint8Array(this.probes.length)
    for (const rank of ranks) {
      const step = this.probes.findIndex((probes) => probes >= rank)
      if (step >= 0) grows[step] = 1
    }
    return grows
  }

  #place(k: number, eps: number): number {
    return (k * EPS.length + eps) * this.probes.length
  }
}

/** The rows of a query in the order of their keys, as many of which are looked for. */
interface RankedQuery {
  readonly rows: RankedRows
  readonly order: Uint32Array
  readonly wanted: number
  readonly grows: Uint8Array
}

/** The share of the nearest rows that a search of so many lists finds. */
function recallWith({ rows, order, wanted }: RankedQuery, probes: number): number {
  const { distances, ranks } = rows
  const farthest = distances[wanted - 1]!
  let found = 0
  let right = 0
  for (let j = 0; j < order.length && found < wanted; j++) {
    const at = order[j]!
    if (ranks[at]! > probes) continue
    found += 1
    // Of rows that are equally far away one is as good as another.
    if (distances[at]! <= farthest) right += 1
  }
  return right / wanted
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
