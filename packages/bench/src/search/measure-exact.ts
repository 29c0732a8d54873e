/** The exact searches of the benchmark, judged by a brute force of its own. */

import type { Dtype } from '@sluice/core'
import { loadUsearch, usearchMetric } from '../peer/usearch.js'
import { readableMemory } from '../probe/memory-read.js'
import { GroundTruth } from '../vectors/recall.js'
import { Workload } from '../vectors/workload.js'
import { type ExactSetup, exactRound } from './exact-rounds.js'
import type { SearchPlan } from './measure-search.js'

const QUERIES_MAX = 100
/** Numbers that the brute force multiplies, about: ten seconds. */
const PRODUCTS_MAX = 1e10
/** Many times the caches. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024

/**
 * Measures exact searches of a few queries.
 *
 * @returns sentences on how
 * @internal
 */
export async function measureExact(plan: SearchPlan): Promise<string[]> {
  const { collection, subject, k, repeat, figures, say } = plan
  const { main } = subject
  const { shape, ring: rows, stride, byteLength } = main
  const work = shape.rowCount * shape.dimension
  const countMax = Math.max(1, Math.min(QUERIES_MAX, Math.floor(PRODUCTS_MAX / work)))
  const queries = main.queries.slice(0, countMax * stride)
  const workload = new Workload(shape, { rows, queries })
  const queryCount = queries.byteLength / stride
  say(`finding the neighbours of ${queryCount} queries by brute force`)
  const truth = new GroundTruth(workload, k)
  const { peer, note } = await loadPeer(plan, shape.dtype)
  const memory = readableMemory(Math.min(byteLength, MEMORY_BYTES_MAX))
  const setup: ExactSetup = { collection, workload, truth, memory, peer, figures }
  for (let round = 1; round <= repeat; round++) {
    const qps = await exactRound(setup)
    say(`exact, ${round} of ${repeat}: ${Math.round(qps)} queries/s`)
  }
  return [
    `exact: ${queryCount} queries, judged by brute force; each is preceded by a read (memchr) of ` +
      `${Math.round(memory.byteLength / 1e6)} MB`,
    ...note,
  ]
}

async function loadPeer(
  { peers }: SearchPlan,
  dtype: Dtype,
): Promise<{ readonly peer: ExactSetup['peer']; readonly note: readonly string[] }> {
  if (!peers.includes('usearch')) return { peer: undefined, note: [] }
  const metric = usearchMetric(dtype === 'bit' ? 'hamming' : 'cosine', dtype)
  if (metric === undefined) {
    return { peer: undefined, note: [`usearch takes no ${dtype} for exact searches`] }
  }
  const usearch = await loadUsearch()
  // Why it is missing, another note says.
  if (typeof usearch === 'string') return { peer: undefined, note: [] }
  return {
    peer: { usearch, metric },
    note: ['usearch, exact: exactSearch over the same rows after each query, one thread'],
  }
}
