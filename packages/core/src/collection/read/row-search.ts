/** Searches of a collection: one query on the event loop, or many, on threads where that pays. */

import { throwIfReadAborted } from '../../abort.js'
import type { KernelProvider } from '../../contract/index.js'
import type { Dtype } from '../../dtype.js'
import type { NearestRows } from '../../kernels/nearest-heap.js'
import { listenForAbort } from '../../listen-for-abort.js'
import { distanceOf, scoreOf } from '../../metric.js'
import type { Timings } from '../../observe/timings.js'
import { Hits } from '../../search/hits.js'
import { QueryTurns } from '../../search/many/query-turns.js'
import { searchMany } from '../../search/many/search-many.js'
import type { SearchPool } from '../../search/many/search-pool.js'
import { nearestRows } from '../../search/nearest-rows.js'
import type { SearchCounts } from '../../search/search-counts.js'
import type { RowQuery } from '../../search/search-query.js'
import { searchWay } from '../../search/search-way.js'
import { LoopShare } from '../../time-slice.js'
import {
  type CheckedSearch,
  type CheckedSearchMany,
  checkSearch,
} from '../input/check-arguments.js'
import type { CollectionState } from '../state/collection-state.js'
import type { Include, SearchOptions } from '../types.js'
import { HitsQueue } from './hits-queue.js'
import { metadataAt, vectorAt } from './row-parts.js'
import { type SearchSnapshot, snapshotRows } from './search-snapshot.js'
import { shareQueries } from './share-queries.js'

/**
 * What searches need of the database.
 *
 * @internal
 */
export interface SearchServices {
  readonly kernels: KernelProvider
  /** The threads of all collections. */
  readonly searches: SearchPool
  readonly timings: Timings
  readonly searchCounts: SearchCounts
  /** Fires when the database begins to close. */
  readonly closing: AbortSignal
}

/**
 * Told what is asked, one packed row.
 *
 * @internal
 */
export type OnQuery = (query: Pick<RowQuery, 'vector' | 'recall'>) => void

/** Queries of a call that are told of, the last ones: as many as are remembered. */
const NOTED_MAX = 256

/**
 * The searching side of a collection.
 *
 * @internal
 */
export class RowSearch {
  readonly #state: CollectionState
  readonly #services: SearchServices
  readonly #onQuery: OnQuery
  readonly #share = new LoopShare()
  /** Of one packed row, where no search has its query in it. */
  #room: Uint8Array | undefined

  constructor(state: CollectionState, services: SearchServices, onQuery: OnQuery) {
    this.#state = state
    this.#services = services
    this.#onQuery = onQuery
  }

  /**
   * The nearest rows: by their codes, or by comparing all of them.
   *
   * @throws InvalidArgumentError for wrong options; AbortError
   */
  async search(options: SearchOptions<Dtype>): Promise<Hits> {
    const { schema, store } = this.#state
    const { timings } = this.#services
    const calledMs = timings.now()
    let isAnswered = false
    const room = this.#room ?? new Uint8Array(store.stride)
    this.#room = undefined
    try {
      const hits = await this.#search(checkSearch(schema, options, room))
      isAnswered = true
      return hits
    } finally {
      const endMs = timings.now()
      if (isAnswered) timings.record('search', endMs - calledMs)
      this.#room = room
      const turn = this.#share.take(endMs)
      if (turn !== undefined) await turn
    }
  }

  async #search(search: CheckedSearch): Promise<Hits> {
    const { vector, k, recall, distanceMax, include, signal } = search
    const checkpoint = (): void => {
      throwIfReadAborted(signal, 'the search')
      this.#state.checkNotDropped()
    }
    checkpoint()
    this.#onQuery(search)
    const snapshot = snapshotRows(this.#state, recall !== undefined)
    try {
      const query = { vector, k, recall, distanceMax, checkpoint }
      const { kernels, searchCounts } = this.#services
      const nearest = await nearestRows(kernels, snapshot.view, query)
      searchCounts.add(searchWay(snapshot.view, query), 1)
      return this.#hitsOf(nearest, include)
    } finally {
      snapshot.end()
    }
  }

  /** The same for many queries, all of which see the same rows. */
  async searchMany(many: CheckedSearchMany): Promise<Hits[]> {
    const { signal, recall, vectors } = many
    const { closing } = this.#services
    const checkpoint = (): void => {
      throwIfReadAborted(signal, 'the search')
      closing.throwIfAborted()
      this.#state.checkNotDropped()
    }
    checkpoint()
    if (vectors.rowCount === 0) return []
    const { timings, searchCounts } = this.#services
    const calledMs = timings.now()
    const snapshot = snapshotRows(this.#state, recall !== undefined)
    try {
      const hits = await this.#searchMany(many, snapshot, checkpoint)
      timings.record('searchMany', timings.now() - calledMs)
      searchCounts.add(searchWay(snapshot.view, many), vectors.rowCount)
      return hits
    } catch (error) {
      // What fails because the call is over is not what the caller should hear of.
      checkpoint()
      throw error
    } finally {
      snapshot.end()
    }
  }

  async #searchMany(
    { vectors: given, signal, include, ...kind }: CheckedSearchMany,
    snapshot: SearchSnapshot,
    checkpoint: () => void,
  ): Promise<Hits[]> {
    const { kernels, searches, closing } = this.#services
    const { schema, dropping } = this.#state
    const count = given.rowCount
    const vectors = await shareQueries(kernels, schema, given, checkpoint)
    const { stride } = snapshot.view.store
    for (let i = Math.max(0, count - NOTED_MAX); i < count; i++) {
      const vector = vectors.subarray(i * stride, (i + 1) * stride)
      this.#onQuery({ vector, recall: kind.recall })
    }
    const turns = new QueryTurns(count, 1)
    const stop = (): void => turns.stop()
    const signals = [closing, dropping, ...(signal ? [signal] : [])]
    const stopListening = signals.map((each) => listenForAbort(each, stop))
    const hits = new HitsQueue(count, {
      make: (nearest) => this.#hitsOf(nearest, include),
      isOver: () => turns.isStopped,
      onFailed: stop,
    })
    const onFound = (from: number, found: readonly NearestRows[]): void => hits.add(from, found)
    try {
      await searchMany(
        { ...kind, vectors, count },
        {
          kernels,
          pool: searches,
          view: snapshot.view,
          memory: () => snapshot.memory(kind),
          turns,
          checkpoint,
          onFound,
        },
      )
      const all = await hits.all()
      checkpoint()
      return all
    } finally {
      for (const stopOne of stopListening) stopOne()
    }
  }

  #hitsOf({ rows, distances }: NearestRows, parts: ReadonlySet<Include>): Hits {
    const state = this.#state
    const { metric } = state.schema
    const scores = new Float64Array(rows.length)
    for (let i = 0; i < rows.length; i++) {
      const ordering = distances[i]!
      scores[i] = scoreOf(metric, ordering)
      distances[i] = distanceOf(metric, ordering)
    }
    return new Hits({
      ids: state.ids?.idsAt(rows, rows.length) ?? [],
      scores,
      distances,
      ...(parts.has('metadata')
        ? { metadata: partsOf(rows, (row) => metadataAt(state, row)) }
        : {}),
      ...(parts.has('vector') ? { vectors: partsOf(rows, (row) => vectorAt(state, row)) } : {}),
    })
  }
}

/** What `Array.from` makes, in a tenth of the time. */
function partsOf<T>(rows: Uint32Array, partOf: (row: number) => T): T[] {
  const parts: T[] = []
  for (const row of rows) parts.push(partOf(row))
  return parts
}
