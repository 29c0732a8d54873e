/**
 * A clustering on a thread of its own, seen from the thread that wants it. Once the promise
 * settles, the thread has ended and touches no memory any more.
 */

import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { InternalError } from '../../errors.js'
import { messageOf } from '../../message-of.js'
import type { CalibratedLists } from './build-lists.js'
import type { ClusterProgress } from './cluster-input.js'
import type { ListOrigins, ThreadMessage, ThreadTask } from './thread-messages.js'

/** An export of this package that has no source, so that it is found from source, too. */
const ENTRY = '@sluice/core/cluster-thread'

/**
 * What a thread needs of the one that started it.
 *
 * @internal
 */
export interface ThreadOptions {
  /** Memory as `ClusterHost.allocate` gives it. */
  readonly allocate: (byteLength: number) => Promise<Uint8Array>
  readonly onProgress: (progress: ClusterProgress) => void
  /** Ends the thread at once. */
  readonly signal: AbortSignal
}

/**
 * Why a clustering cannot be done on a thread. Nothing was begun, or all of it is to be done again.
 *
 * @internal
 */
export class UnfitThread {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/**
 * Clusters on a new thread.
 *
 * @returns the lists, or why there can be no thread
 * @throws the signal's reason; what `allocate` rejects with; {@link InternalError} when the thread
 *   crashed
 * @internal
 */
export async function clusterOnThread(
  task: ThreadTask,
  options: ThreadOptions,
): Promise<CalibratedLists | UnfitThread> {
  options.signal.throwIfAborted()
  let worker: Worker
  try {
    const path = createRequire(import.meta.url).resolve(ENTRY)
    worker = new Worker(path, { workerData: task, execArgv: [], name: 'sluice-cluster' })
  } catch (error) {
    return new UnfitThread(`a thread could not be started: ${messageOf(error)}`)
  }
  return watchThread(worker, task, options)
}

/**
 * What becomes of a thread that runs the program of {@link clusterOnThread}.
 *
 * @internal
 */
export function watchThread(
  worker: Worker,
  task: ThreadTask,
  options: ThreadOptions,
): Promise<CalibratedLists | UnfitThread> {
  return new ClusterThread(worker, task, options).outcome
}

/** One thread and what became of it. */
class ClusterThread {
  readonly outcome: Promise<CalibratedLists | UnfitThread>
  readonly #worker: Worker
  readonly #task: ThreadTask
  readonly #options: ThreadOptions
  readonly #allocations: Uint8Array[] = []
  #isStarted = false
  /** Set once it is known what to settle with; the thread's end does so. */
  #settle: (() => CalibratedLists | UnfitThread) | undefined

  constructor(worker: Worker, task: ThreadTask, options: ThreadOptions) {
    this.#worker = worker
    this.#task = task
    this.#options = options
    this.outcome = this.#watch()
  }

  async #watch(): Promise<CalibratedLists | UnfitThread> {
    const { signal } = this.#options
    const onAbort = (): void => this.#fail(signal.reason)
    signal.addEventListener('abort', onAbort)
    const { promise, resolve } = deferred()
    this.#worker.on('message', (message: ThreadMessage) => this.#hear(message))
    this.#worker.on('error', (error) => this.#end(() => this.#crashed(error)))
    this.#worker.on('exit', () => resolve())
    await promise
    signal.removeEventListener('abort', onAbort)
    return (this.#settle ?? (() => this.#crashed(undefined)))()
  }

  #hear(message: ThreadMessage): void {
    // Messages may come after the error that ends the thread, but not after its end.
    if (message.kind === 'started') this.#isStarted = true
    if (this.#settle !== undefined || message.kind === 'started') return
    if (message.kind === 'progress') this.#options.onProgress(message.progress)
    else if (message.kind === 'allocate') this.#allocate(message.byteLength).catch(this.#fail)
    else if (message.kind === 'unfit') this.#end(() => new UnfitThread(message.reason))
    else if (message.kind === 'done') this.#end(() => this.#own(message.built, message.origins))
    else this.#end(() => this.#crashed(message.error))
  }

  async #allocate(byteLength: number): Promise<void> {
    const bytes = await this.#options.allocate(byteLength)
    if (this.#settle !== undefined) return
    this.#allocations.push(bytes)
    if (bytes.buffer instanceof SharedArrayBuffer) this.#worker.postMessage({ bytes })
    else this.#end(() => new UnfitThread('memory for lists is not shared between threads'))
  }

  readonly #fail = (error: unknown): void => {
    this.#end(() => {
      throw error
    })
  }

  /** Lets the thread end, and its end settle the outcome. */
  #end(settle: () => CalibratedLists | UnfitThread): void {
    if (this.#settle !== undefined) return
    this.#settle = settle
    // Its end is what `exit` says.
    this.#worker.terminate().catch(this.#fail)
  }

  #crashed(error: unknown): UnfitThread {
    const message = error === undefined ? 'it ended too early' : messageOf(error)
    if (!this.#isStarted) return new UnfitThread(`a thread could not be started: ${message}`)
    throw new InternalError(`the thread that makes lists failed: ${message}`, {
      cause: error,
      retryable: true,
    })
  }

  /** The lists with the views that the allocator gave. */
  #own(built: CalibratedLists, origins: ListOrigins): CalibratedLists {
    const { centroids, centroidBlocks, chunks } = origins
    const { from, rows } = this.#task.input
    if (from?.rowCount === rows.rowCount) return { ...built, lists: from }
    const lists = {
      ...built.lists,
      centroids: floatsOf(this.#allocations[centroids]!),
      centroidBlocks: this.#allocations[centroidBlocks]!,
      chunks: chunks.map((origin) => this.#allocations[origin]!),
    }
    return { ...built, lists }
  }
}

function floatsOf({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT)
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
