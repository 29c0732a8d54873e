/**
 * A thread that encodes, seen from the one that started it. It does its tasks one after the other,
 * and keeps the process alive only while there are some.
 */

import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { EncodeTask } from '../../contract/index.js'
import { messageOf } from '../../message-of.js'
import type { ThreadKernels } from '../../threads/thread-kernels.js'
import type { EncodeMessage } from './thread-messages.js'

/** An export of this package that has no source, so that it is found from source, too. */
const ENTRY = '@sluice/core/encode-thread'

/**
 * Starts the program of an {@link EncodeThread}.
 *
 * @throws whatever keeps it from starting
 * @internal
 */
export function startEncodeWorker(kernels: ThreadKernels): Worker {
  const path = createRequire(import.meta.url).resolve(ENTRY)
  return new Worker(path, { workerData: kernels, execArgv: [], name: 'sluice-encode' })
}

/**
 * How a thread ended.
 *
 * @internal
 */
export interface ThreadEnd {
  readonly kind: 'ended' | 'unfit' | 'crashed'
  readonly reason: string
  readonly cause: unknown
}

/**
 * One thread.
 *
 * @internal
 */
export class EncodeThread {
  readonly #worker: Worker
  /** What settles the tasks that it has. */
  readonly #calls = new Map<number, (isEncoded: boolean) => void>()
  readonly #ended: Promise<void>
  #nextCall = 0
  #isEnding = false
  #unfitReason: string | undefined
  #error: unknown

  /** @param onEnd - called when the thread has ended, before its tasks settle */
  constructor(worker: Worker, onEnd: (end: ThreadEnd) => void) {
    this.#worker = worker
    worker.unref()
    worker.on('message', (message: EncodeMessage) => this.#hear(message))
    worker.on('error', (error) => {
      this.#error = error
    })
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        onEnd(this.#endOf())
        for (const call of [...this.#calls.keys()]) this.#settle(call, false)
        resolve()
      })
    })
  }

  /** Tasks that it has. */
  get callCount(): number {
    return this.#calls.size
  }

  /**
   * Encodes rows. Once it settles the thread touches no memory of the task.
   *
   * @returns whether it has; false when the thread ended before, whatever is in the blocks then
   */
  encode(task: EncodeTask): Promise<boolean> {
    const call = this.#nextCall++
    return new Promise((resolve) => {
      this.#worker.postMessage({ call, task })
      this.#calls.set(call, resolve)
      this.#worker.ref()
    })
  }

  /** Ends it. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#worker.terminate()
    await this.#ended
  }

  #hear(message: EncodeMessage): void {
    if (message.kind === 'encoded') this.#settle(message.call, true)
    else this.#unfitReason = message.reason
  }

  #settle(call: number, isEncoded: boolean): void {
    const resolve = this.#calls.get(call)
    this.#calls.delete(call)
    // While it ends, it is awaited: the process must live until then.
    if (this.#calls.size === 0 && !this.#isEnding) this.#worker.unref()
    resolve?.(isEncoded)
  }

  #endOf(): ThreadEnd {
    const cause = this.#error
    if (this.#unfitReason !== undefined) return { kind: 'unfit', reason: this.#unfitReason, cause }
    const reason = cause === undefined ? 'it ended too early' : messageOf(cause)
    const kind = this.#isEnding ? 'ended' : 'crashed'
    return { kind, reason: `a thread that encodes failed: ${reason}`, cause }
  }
}
