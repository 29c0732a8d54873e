/** The true neighbours of queries: asked of the collection, or read from a file. */

import type { Collection, VectorId } from '@sluice/core'
import { UsageError } from '../usage-error.js'
import { readGivenFile } from '../vectors/read-given-file.js'
import { GroundTruth } from '../vectors/recall.js'
import { Workload } from '../vectors/workload.js'
import { queryVectors } from './contenders.js'

const PROGRESS_EVERY_MS = 5000

/** What there is to do about a file of neighbours that does not fit. */
const WITHOUT_TRUTH =
  'give the file made for these --data, --rows and --queries, or leave --truth out: exact ' +
  'searches find the neighbours then'

/**
 * Rows of the `k` nearest by exact searches, nearest first, for each query.
 *
 * @internal
 */
export async function exactNeighbours(
  collection: Collection,
  workload: Workload,
  k: number,
  say: (line: string) => void,
): Promise<number[][]> {
  const neighbours: number[][] = []
  const vectors = queryVectors(workload)
  let saidMs = performance.now()
  for (const vector of vectors) {
    const { ids } = await collection.search({ vector, k, exact: true, include: [] })
    neighbours.push(Array.from(ids as ArrayLike<VectorId>, (id) => workload.rowOf(id)))
    if (performance.now() - saidMs < PROGRESS_EVERY_MS) continue
    saidMs = performance.now()
    say(`  ${neighbours.length} of ${vectors.length} queries`)
  }
  return neighbours
}

/** Queries whose given neighbours are looked at. */
const CHECKED_QUERIES = 10

/**
 * Looks at the neighbours of a few queries: wrong ones would be taken for a low bar.
 *
 * @param known - rows of the `k` nearest of each query
 * @throws UsageError where exact searches find nearer ones
 * @internal
 */
export async function checkNeighbours(
  collection: Collection,
  workload: Workload,
  known: readonly number[][],
): Promise<void> {
  const { shape, stride, ring: rows } = workload
  const queries = workload.queries.slice(0, CHECKED_QUERIES * stride)
  const few = new Workload(shape, { rows, queries })
  const k = known[0]?.length ?? 1
  const truth = new GroundTruth(few, k, await exactNeighbours(collection, few, k, () => undefined))
  for (let query = 0; query < queries.byteLength / stride; query++) {
    const ids = (known[query] ?? []).map((row) => few.idOf(row))
    if (truth.recallOf(query, ids) === 1) continue
    throw new UsageError(
      `--truth is of other rows or queries: query ${query} has nearer rows; ${WITHOUT_TRUTH}`,
    )
  }
}

/**
 * What a file of neighbours must fit.
 *
 * @internal
 */
export interface NeighbourFile {
  readonly path: string
  /** Queries that it has neighbours of. */
  readonly queryCount: number
  readonly rowCount: number
  readonly k: number
}

/**
 * Reads rows of neighbours: u32, little endian, nearest first, as many for each query.
 *
 * @returns the first `k` of each query
 * @throws UsageError where there are fewer, or rows that are not there
 * @internal
 */
export async function readNeighbours(file: NeighbourFile): Promise<number[][]> {
  const { path, queryCount, rowCount, k } = file
  const bytes = await readGivenFile(path)
  const perQuery = bytes.byteLength / 4 / queryCount
  if (!Number.isInteger(perQuery) || perQuery < k) {
    throw new UsageError(
      `'${path}' has ${bytes.byteLength} bytes: not ${k} or more row numbers of 4 bytes for each ` +
        `of ${queryCount} queries; ${WITHOUT_TRUTH}`,
    )
  }
  return Array.from({ length: queryCount }, (_, query) =>
    Array.from({ length: k }, (_, place) => {
      const row = bytes.readUInt32LE((query * perQuery + place) * 4)
      if (row < rowCount) return row
      throw new UsageError(
        `'${path}' names row ${row}, but there are ${rowCount} rows; ${WITHOUT_TRUTH}`,
      )
    }),
  )
}
