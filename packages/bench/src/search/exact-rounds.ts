/**
 * Rounds of exact searches. In each round, a query comes after a read of memory and before the same
 * query to usearch, so that all three meet the same machine.
 */

import { performance } from 'node:perf_hooks'
import type { Collection, VectorData } from '@sluice/core'
import type { Figures } from '../figures.js'
import type { Usearch } from '../peer/usearch.js'
import { probeRead } from '../probe/memory-read.js'
import type { GroundTruth } from '../vectors/recall.js'
import { typedView } from '../vectors/typed-view.js'
import type { Workload } from '../vectors/workload.js'
import { addTally, type Tally } from './recall-rounds.js'

const MEGABYTE = 1e6

/**
 * What is searched.
 *
 * @internal
 */
export interface ExactSetup {
  readonly collection: Collection
  readonly workload: Workload
  readonly truth: GroundTruth
  /** From `readableMemory`: as many bytes as the rows, or many times the caches. */
  readonly memory: Uint8Array
  /** usearch, and its name for the metric; undefined where it takes no part. */
  readonly peer: { readonly usearch: Usearch; readonly metric: string } | undefined
  readonly figures: Figures
}

/**
 * One round over all queries; adds a sample to each figure.
 *
 * @returns queries per second
 * @internal
 */
export async function exactRound(setup: ExactSetup): Promise<number> {
  const { workload, memory, figures } = setup
  const own: Tally = { seconds: [], recalls: [] }
  const peer: Tally = { seconds: [], recalls: [] }
  let readSeconds = 0
  const queryCount = workload.queries.byteLength / workload.stride
  for (let index = 0; index < queryCount; index++) {
    readSeconds += memory.byteLength / MEGABYTE / probeRead(memory)
    await search(setup, index, own)
    searchPeer(setup, index, peer)
  }
  const { rowCount } = workload.shape
  const readThroughput = (queryCount * memory.byteLength) / MEGABYTE / readSeconds
  const qps = addTally(figures, `search.${rowCount}.exact`, own)
  figures.add('memory.readThroughput', 'MB/s', readThroughput)
  const scanned = (qps * workload.byteLength) / MEGABYTE
  figures.add(`search.${rowCount}.exact.bandwidthRatio`, 'ratio', scanned / readThroughput)
  if (setup.peer !== undefined) {
    const peerQps = addTally(figures, `peer.usearch.${rowCount}.exact`, peer)
    figures.add(`search.${rowCount}.exact.usearchRatio`, 'ratio', qps / peerQps)
  }
  return qps
}

async function search(setup: ExactSetup, index: number, tally: Tally): Promise<void> {
  const { collection, workload, truth } = setup
  const vector = queryOf(workload, index)
  const startMs = performance.now()
  const { ids } = await collection.search({ vector, k: truth.k, exact: true, include: [] })
  tally.seconds.push((performance.now() - startMs) / 1000)
  tally.recalls.push(truth.recallOf(index, ids))
}

/** On the same thread, which is the only one it is given. */
function searchPeer({ peer, workload, truth }: ExactSetup, index: number, tally: Tally): void {
  if (peer === undefined) return
  const { dtype, dimension } = workload.shape
  const rows = typedView(dtype, workload.ring)
  // A copy: usearch 2.26 takes a view for its whole buffer.
  const query = queryOf(workload, index).slice()
  const startMs = performance.now()
  const { keys } = peer.usearch.exactSearch(rows, query, dimension, truth.k, peer.metric, 1)
  tally.seconds.push((performance.now() - startMs) / 1000)
  const ids = Array.from(keys, (row) => workload.idOf(Number(row)))
  tally.recalls.push(truth.recallOf(index, ids))
}

function queryOf({ shape, queries, stride }: Workload, index: number): VectorData {
  return typedView(shape.dtype, queries.subarray(index * stride, (index + 1) * stride))
}
