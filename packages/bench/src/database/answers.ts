/**
 * Whether a database has what was written to it: what is asked, what it answers, and what the
 * answer should have been. Asked in the process that has the database, judged in the one that has
 * the workload.
 */

import type { Collection, Dtype, IdsInput, VectorData, VectorId } from '@sluice/core'
import { GroundTruth } from '../vectors/recall.js'
import { typedView } from '../vectors/typed-view.js'
import type { Workload } from '../vectors/workload.js'

/** Hits of a search. */
const NEIGHBOURS = 10
/** Rows that are read back. */
const SAMPLE_ROWS = 100
/** Less is an error of the database, not of its approximation. */
const RECALL_MIN = 0.99

/**
 * What a database is asked.
 *
 * @internal
 */
export interface Questions {
  readonly dtype: Dtype
  /** Packed query vectors. */
  readonly queries: Uint8Array
  /** Bytes of one. */
  readonly stride: number
  /** Ids of rows to read back. */
  readonly ids: readonly VectorId[]
}

/**
 * What it says.
 *
 * @internal
 */
export interface Answers {
  readonly rowCount: number
  /** One per id asked for; undefined where there is no such row. */
  readonly vectors: readonly (VectorData | undefined)[]
  /** Ids of the hits, one list per query. */
  readonly hits: readonly (readonly VectorId[])[]
}

/**
 * The ids of one query's hits.
 *
 * @internal
 */
export async function askQuery(
  collection: Collection,
  { dtype, queries, stride }: Questions,
  index: number,
): Promise<readonly VectorId[]> {
  const vector = typedView(dtype, queries.subarray(index * stride, (index + 1) * stride))
  const { ids } = await collection.search({ vector, k: NEIGHBOURS, exact: true, include: [] })
  return [...ids]
}

/**
 * Asks everything.
 *
 * @internal
 */
export async function ask(collection: Collection, questions: Questions): Promise<Answers> {
  const { queries, stride, ids } = questions
  const rows = await collection.get(ids as IdsInput, { include: ['vector'] })
  const hits: (readonly VectorId[])[] = []
  for (let index = 0; index < queries.byteLength / stride; index++) {
    hits.push(await askQuery(collection, questions, index))
  }
  return { rowCount: await collection.count(), vectors: rows.map((row) => row?.vector), hits }
}

/**
 * Judges answers about a workload.
 *
 * @internal
 */
export class Examiner {
  readonly #workload: Workload
  readonly #truth: GroundTruth
  readonly #rows: readonly number[]

  /** Takes seconds for large workloads. */
  constructor(workload: Workload) {
    const { idCount, shape } = workload
    const count = Math.min(SAMPLE_ROWS, idCount)
    const first = shape.rowCount - idCount
    this.#workload = workload
    this.#truth = new GroundTruth(workload, NEIGHBOURS)
    this.#rows = Array.from({ length: count }, (_, index) => {
      return first + Math.floor((index * (idCount - 1)) / Math.max(1, count - 1))
    })
  }

  /** The workload's queries, and rows from its first to its last that is alive at the end. */
  get questions(): Questions {
    const { shape, queries, stride } = this.#workload
    const ids = this.#rows.map((row) => this.#workload.idOf(row))
    return { dtype: shape.dtype, queries, stride, ids }
  }

  /**
   * Says how good the hits are.
   *
   * @returns the mean recall
   * @throws Error for a wrong count, a row that is missing or differs, or a recall below 0.99
   */
  judge({ rowCount, vectors, hits }: Answers): number {
    const { idCount } = this.#workload
    if (rowCount !== idCount) throw new Error(`there are ${rowCount} rows instead of ${idCount}`)
    this.#rows.forEach((row, index) => {
      assertSameBytes(vectors[index], this.#workload.bytesOf(row), `row ${row}`)
    })
    const recalls = hits.map((ids, index) => this.#truth.recallOf(index, ids))
    const recall = recalls.reduce((sum, value) => sum + value, 0) / recalls.length
    if (!(recall >= RECALL_MIN)) throw new Error(`the recall is ${recall}`)
    return recall
  }
}

/**
 * Compares a row with what was written.
 *
 * @param found - undefined when there is no such row
 * @throws Error naming the row
 * @internal
 */
export function assertSameBytes(
  found: ArrayBufferView | undefined,
  expected: ArrayBufferView,
  name: string,
): void {
  if (found === undefined) throw new Error(`${name} is missing`)
  if (!bytesOf(found).equals(bytesOf(expected))) throw new Error(`${name} is not what was written`)
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}
