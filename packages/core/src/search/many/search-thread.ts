/**
 * A thread that searches, seen from the one that started it. It takes part in any number of calls
 * at a time, and keeps the process alive only while there are some.
 */

import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { InternalError } from '../../errors.js'
import type { NearestRows } from '../../kernels/nearest-heap.js'
import { messageOf } from '../../message-of.js'
import type { ThreadKernels } from '../../threads/thread-kernels.js'
import { unpackFound } from './found-rows.js'
import type { SearchTask, ThreadMessage } from './thread-messages.js'

/** An export of this package that has no source, so that it is found from source, too. */
const ENTRY = '@sluice/core/search-thread'

/**
 * Starts the program of a {@link SearchThread}.
 *
 * @throws whatever keeps it from starting
 * @internal
 */
export function startSearchWorker(kernels: ThreadKernels): Worker {
  const path = createRequire(import.meta.url).resolve(ENTRY)
  return new Worker(path, { workerData: kernels, execArgv: [], name: 'sluice-search' })
}

/**
 * Takes the answers of queries from `from` on.
 *
 * @internal
 */
export type OnFound = (from: number, found: NearestRows[]) => void

/** A call that the thread takes part in. */
interface Call {
  readonly onFound: OnFound
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * One thread.
 *
 * @internal
 */
export class SearchThread {
  readonly #worker: Worker
  readonly #calls = new Map<number, Call>()
  readonly #ended: Promise<void>
  #nextCall = 0
  #isEnding = false
  #isStarted = false
  #unfitReason: string | undefined
  #error: unknown

  /** @param onEnd - called when the thread has ended, for whatever reason */
  constructor(worker: Worker, onEnd: () => void) {
    this.#worker = worker
    worker.unref()
    worker.on('message', (message: ThreadMessage) => this.#hear(message))
    worker.on('error', (error) => {
      this.#error = error
    })
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        onEnd()
        this.#settleAll()
        resolve()
      })
    })
  }

  /** Why it searches nothing, and never did; undefined as long as it may. */
  get unfitReason(): string | undefined {
    return this.#unfitReason
  }

  /** Calls it takes part in. */
  get callCount(): number {
    return this.#calls.size
  }

  /**
   * Takes part in a call until its queries are taken or stopped; once it settles the thread touches
   * no memory of the call. Does nothing when the thread turns out to be unfit.
   *
   * @throws {@link InternalError} when the thread crashed
   */
  run(task: SearchTask, onFound: OnFound): Promise<void> {
    const call = this.#nextCall++
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ ...task, call })
      this.#calls.set(call, { onFound, resolve, reject })
      this.#worker.ref()
    })
  }

  /** Ends it. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#worker.terminate()
    await this.#ended
  }

  #hear(message: ThreadMessage): void {
    if (message.kind === 'started') this.#isStarted = true
    else if (message.kind === 'unfit') this.#refuse(message.reason)
    else if (message.kind === 'found') {
      this.#calls.get(message.call)?.onFound(message.found.from, unpackFound(message.found))
    } else if (message.kind === 'ended') this.#leave(message.call)?.resolve()
    else this.#leave(message.call)?.reject(crashed(message.error))
  }

  #leave(number: number): Call | undefined {
    const call = this.#calls.get(number)
    this.#calls.delete(number)
    // While it ends, it is awaited: the process must live until then.
    if (this.#calls.size === 0 && !this.#isEnding) this.#worker.unref()
    return call
  }

  /** It ends by itself then. */
  #refuse(reason: string): void {
    this.#unfitReason = reason
  }

  #settleAll(): void {
    if (!this.#isStarted) {
      const reason = this.#error === undefined ? 'it ended too early' : messageOf(this.#error)
      this.#unfitReason ??= `a thread could not be started: ${reason}`
    }
    for (const [number, { resolve, reject }] of this.#calls) {
      this.#calls.delete(number)
      if (this.#unfitReason === undefined) reject(crashed(this.#error))
      else resolve()
    }
  }
}

function crashed(error: unknown): InternalError {
  const message = error === undefined ? 'it ended too early' : messageOf(error)
  return new InternalError(`a thread that searches failed: ${message}`, {
    cause: error,
    retryable: true,
  })
}
