/** The threads that search for a database. */

import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { KernelProvider } from '../../contract/index.js'
import { ThreadGroup } from '../../threads/thread-group.js'
import type { ThreadKernels } from '../../threads/thread-kernels.js'
import { QueryTurns } from './query-turns.js'
import { isShared } from './search-memory.js'
import { type OnFound, SearchThread, startSearchWorker } from './search-thread.js'
import type { SearchTask } from './thread-messages.js'

/**
 * What a {@link SearchPool} is made of.
 *
 * @internal
 */
export interface SearchPoolOptions {
  readonly kernels: KernelProvider
  /** Whether a thread that selects kernels by itself gets the same ones. */
  readonly areKernelsSelected: boolean
  /** Default: as many as run at once here. */
  readonly threadsMax?: number
  /** How long threads wait for work, in milliseconds. */
  readonly idleMs?: number
  /** Default: {@link startSearchWorker}. */
  readonly startWorker?: (kernels: ThreadKernels) => Worker
}

/**
 * Threads.
 *
 * @internal
 */
export class SearchPool {
  readonly #threadsMax: number
  readonly #threads: ThreadGroup<SearchThread>
  /** Why there are no threads, for good. */
  #unfitReason: string | undefined

  constructor(options: SearchPoolOptions) {
    const { kernels, areKernelsSelected, startWorker = startSearchWorker } = options
    const { name, isa } = kernels.info
    this.#threadsMax = options.threadsMax ?? availableParallelism()
    this.#threads = new ThreadGroup({
      start: (onEnd) => new SearchThread(startWorker({ name, isa }), onEnd),
      refuse: (reason) => {
        this.#unfitReason = reason
      },
      idleMs: options.idleMs,
    })
    if (!areKernelsSelected) this.#unfitReason = 'the kernels are not selected by Sluice'
  }

  /** Why no thread takes part in searches; undefined while threads can. */
  get unfitReason(): string | undefined {
    return this.#unfitReason
  }

  /** Threads there are. */
  get threadCount(): number {
    return this.#threads.size
  }

  /**
   * Has threads answer queries as long as there are any; none where threads cannot. Once it settles
   * no thread touches the memory of the task. Stopping the turns ends it within milliseconds.
   *
   * @throws `SLUICE_INTERNAL` when a thread crashed; the next call has another one
   */
  async run(task: SearchTask, onFound: OnFound): Promise<void> {
    const { queries, runLength, turns: state } = task
    const turns = new QueryTurns(queries.count, runLength, state)
    const wanted = Math.min(this.#threadsMax, turns.leftCount)
    if (this.#unfitReason !== undefined || wanted === 0 || !isShared(task.memory)) return
    await this.#threads.during(() => this.#runOn(this.#freest(wanted), task, { turns, onFound }))
  }

  /** Ends all threads. No call is under way, and none will come. */
  async close(): Promise<void> {
    await this.#threads.end()
  }

  async #runOn(
    threads: readonly SearchThread[],
    task: SearchTask,
    { turns, onFound }: { readonly turns: QueryTurns; readonly onFound: OnFound },
  ): Promise<void> {
    const outcomes = await Promise.allSettled(
      threads.map(async (thread) => {
        try {
          await thread.run(task, onFound)
        } catch (error) {
          turns.stop()
          throw error
        }
      }),
    )
    const reasons = threads.map(({ unfitReason }) => unfitReason)
    if (!reasons.includes(undefined)) this.#unfitReason ??= reasons[0]
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  /** So many threads with the fewest calls; fewer where no more can be started. */
  #freest(count: number): SearchThread[] {
    while (this.#threads.size < count && this.#threads.start());
    return this.#threads.freest().slice(0, count)
  }
}
