/**
 * The threads that search for a database: started when they are needed, and ended when they have
 * had nothing to do for some seconds, because a thread that has seen memory keeps it, even when it
 * was given back, until it has cleared up after itself, which an idle one never does.
 */

import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { KernelProvider } from '../../contract/index.js'
import { messageOf } from '../../message-of.js'
import type { ThreadKernels } from '../../threads/thread-kernels.js'
import { QueryTurns } from './query-turns.js'
import { isShared } from './search-memory.js'
import { type OnFound, SearchThread, startSearchWorker } from './search-thread.js'
import type { SearchTask } from './thread-messages.js'

const IDLE_MS = 5000

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
  readonly #kernels: ThreadKernels
  readonly #threadsMax: number
  readonly #idleMs: number
  readonly #startWorker: (kernels: ThreadKernels) => Worker
  readonly #threads = new Set<SearchThread>()
  /** Those that are being ended. */
  readonly #endings = new Set<Promise<void>>()
  #callCount = 0
  #idle: NodeJS.Timeout | undefined
  /** Why there are no threads, for good. */
  #unfitReason: string | undefined

  constructor(options: SearchPoolOptions) {
    const { kernels, areKernelsSelected, threadsMax, idleMs, startWorker } = options
    const { name, isa } = kernels.info
    this.#kernels = { name, isa }
    this.#threadsMax = threadsMax ?? availableParallelism()
    this.#idleMs = idleMs ?? IDLE_MS
    this.#startWorker = startWorker ?? startSearchWorker
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
    this.#begin()
    try {
      await this.#runOn(this.#freest(wanted), task, { turns, onFound })
    } finally {
      this.#leave()
    }
  }

  /** Ends all threads. No call is under way, and none will come. */
  async close(): Promise<void> {
    this.#endAll()
    await Promise.all(this.#endings)
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
    while (this.#threads.size < count && this.#start());
    return [...this.#threads].sort((a, b) => a.callCount - b.callCount).slice(0, count)
  }

  #start(): boolean {
    try {
      const worker = this.#startWorker(this.#kernels)
      const thread: SearchThread = new SearchThread(worker, () => this.#threads.delete(thread))
      this.#threads.add(thread)
      return true
    } catch (error) {
      if (this.#threads.size === 0) {
        this.#unfitReason = `a thread could not be started: ${messageOf(error)}`
      }
      return false
    }
  }

  #begin(): void {
    this.#callCount += 1
    clearTimeout(this.#idle)
  }

  #leave(): void {
    this.#callCount -= 1
    if (this.#callCount > 0) return
    this.#idle = setTimeout(() => this.#endAll(), this.#idleMs)
    this.#idle.unref()
  }

  #endAll(): void {
    clearTimeout(this.#idle)
    for (const thread of this.#threads) {
      this.#threads.delete(thread)
      const ending = thread.end().finally(() => this.#endings.delete(ending))
      this.#endings.add(ending)
    }
  }
}
