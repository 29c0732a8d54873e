/**
 * The nearest rows of queries, found by going through all lists. Blocks are scanned for a batch of
 * queries while they are in a cache; threads share the batches.
 */

import type { KernelProvider, NearestHeap } from '../../contract/index.js'
import { createNearestHeap, drainSorted, type NearestRows } from '../../kernels/nearest-heap.js'
import type { Assistants } from '../cluster/cluster-input.js'
import { doTogether, finishPieces } from '../cluster/do-together.js'
import { sharedBytes, sharedNumbers } from '../cluster/shared-arrays.js'
import type { NearestPart } from '../cluster/work-part.js'
import type { RowLists, SegmentedRows } from '../row-lists.js'
import type { SearchPlan } from './calibration.js'
import { ListSearcher } from './list-searcher.js'

/** Queries of a batch: a block is worth fetching for so many. */
const BATCH_QUERIES = 24

/**
 * What is sought.
 *
 * @internal
 */
export interface NearestTask {
  readonly lists: RowLists
  /** Packed rows of the same length, one at least. */
  readonly queries: readonly Uint8Array[]
  /** How many rows are wanted for each query. */
  readonly wanted: readonly number[]
  readonly plan: SearchPlan
}

/**
 * Who has them sought.
 *
 * @internal
 */
export interface NearestHost {
  readonly assistants: Assistants | undefined
  /** Awaited after every little piece of work of this thread; told of queries that are done. */
  step(queriesDone: number): Promise<void>
}

/**
 * Finds the nearest rows of each query.
 *
 * @param searcher - of the same lists
 * @throws whatever `step` throws
 * @internal
 */
export async function findNearest(
  task: NearestTask,
  searcher: ListSearcher,
  { assistants, step }: NearestHost,
): Promise<NearestRows[]> {
  const part = partOf(task)
  const count = task.queries.length
  if (assistants === undefined) {
    for (const _ of findRows(part, searcher, 0, count)) await step(0)
    await step(count)
  } else {
    let passed = 0
    await doTogether(assistants, part, {
      batchCount: Math.ceil(count / BATCH_QUERIES),
      run: (batch) => finishPieces(findBatch(part, searcher, batch)),
      pause: async (batchesDone) => {
        const done = Math.min(count, batchesDone * BATCH_QUERIES)
        await step(done - passed)
        passed = done
      },
    })
  }
  return task.queries.map((_, query) => {
    const from = part.starts[query]!
    const to = from + part.counts[query]!
    return { rows: part.rows.subarray(from, to), distances: part.distances.subarray(from, to) }
  })
}

/**
 * Finds them on a thread that helps.
 *
 * @internal
 */
export class NearestSearch {
  readonly #part: NearestPart
  readonly #searcher: ListSearcher

  /** @throws `SLUICE_LIMIT_EXCEEDED` when there is no room for regions */
  constructor(kernels: KernelProvider, rows: SegmentedRows, part: NearestPart) {
    this.#part = part
    this.#searcher = new ListSearcher(kernels, part.lists, rows)
  }

  /** Finds the rows of a batch of queries, piece by piece. */
  runBatch(batch: number): Generator<void> {
    return findBatch(this.#part, this.#searcher, batch)
  }

  /** Forgets the memory. */
  release(): void {
    this.#searcher.release()
  }
}

function partOf({ lists, queries, wanted, plan }: NearestTask): NearestPart {
  const stride = queries[0]!.byteLength
  const packed = sharedBytes(queries.length * stride)
  const starts = sharedNumbers(queries.length + 1)
  for (const [i, query] of queries.entries()) {
    packed.set(query, i * stride)
    starts[i + 1] = starts[i]! + wanted[i]!
  }
  const room = starts[queries.length]!
  return {
    kind: 'nearest',
    lists,
    queries: packed,
    plan,
    starts,
    counts: sharedNumbers(queries.length),
    rows: sharedNumbers(room),
    distances: new Float64Array(new SharedArrayBuffer(room * Float64Array.BYTES_PER_ELEMENT)),
  }
}

function findBatch(part: NearestPart, searcher: ListSearcher, batch: number): Generator<void> {
  const from = batch * BATCH_QUERIES
  const to = Math.min(from + BATCH_QUERIES, part.counts.length)
  return findRows(part, searcher, from, to)
}

function* findRows(
  part: NearestPart,
  searcher: ListSearcher,
  from: number,
  to: number,
): Generator<void> {
  const { plan, queries, starts, counts } = part
  const stride = queries.byteLength / counts.length
  const heaps: NearestHeap[] = []
  const vectorOf = (i: number): Uint8Array => queries.subarray(i * stride, (i + 1) * stride)
  for (let i = from; i < to; i++) {
    const heap = createNearestHeap(starts[i + 1]! - starts[i]!)
    searcher.search(vectorOf(i), plan, heap)
    heaps.push(heap)
    yield
  }
  for (let group = 0; group < searcher.groupCount; group++) {
    for (let i = from; i < to; i++) {
      searcher.searchGroup(vectorOf(i), group, plan.eps, heaps[i - from]!)
      yield
    }
  }
  for (let i = from; i < to; i++) {
    const { rows, distances } = drainSorted(heaps[i - from]!)
    part.rows.set(rows, starts[i]!)
    part.distances.set(distances, starts[i]!)
    counts[i] = rows.length
  }
}
