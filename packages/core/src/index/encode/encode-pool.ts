/**
 * The threads that encode rows for a database. Where one cannot be started or crashes there are
 * none any more, and whoever has rows to encode does it himself.
 */

import type { Worker } from 'node:worker_threads'
import type { EncodeTask, KernelProvider } from '../../contract/index.js'
import type { IngestWorkers } from '../../ingest-settings.js'
import { ThreadGroup } from '../../threads/thread-group.js'
import type { ThreadKernels } from '../../threads/thread-kernels.js'
import type { Warn } from '../../warning.js'
import { EncodeThread, startEncodeWorker, type ThreadEnd } from './encode-thread.js'
import { threadsFor } from './threads-for.js'

/** Milliseconds on the scalar kernels. */
const TASK_BYTES = 1024 * 1024
/** One that it works on, and one that waits. */
const TASKS_PER_THREAD = 2

/**
 * What an {@link EncodePool} is made of.
 *
 * @internal
 */
export interface EncodePoolOptions {
  readonly kernels: KernelProvider
  /** Whether a thread that selects kernels by itself gets the same ones. */
  readonly areKernelsSelected: boolean
  readonly workers: IngestWorkers
  readonly warn: Warn
  /** Bytes of rows that are worth a message to a thread. */
  readonly taskBytes?: number
  /** How long threads wait for work, in milliseconds. */
  readonly idleMs?: number
  /** Default: {@link startEncodeWorker}. */
  readonly startWorker?: (kernels: ThreadKernels) => Worker
}

/**
 * Who encodes rows, now.
 *
 * @public
 */
export interface IngestWorkersStats {
  /** Most threads; 0 when rows are encoded on the event loop. */
  readonly threadsMax: number
  /** Threads there are: none before there was enough to do, and when idle. */
  readonly threads: number
  /** Why rows are encoded on the event loop; undefined while threads can. */
  readonly inlineReason: string | undefined
}

/**
 * What those who have rows to encode need of threads.
 *
 * @internal
 */
export type Encoders = Pick<EncodePool, 'isFit' | 'tasksMax' | 'taskBytes' | 'encode'>

/**
 * Threads.
 *
 * @internal
 */
export class EncodePool {
  readonly #options: EncodePoolOptions
  readonly #threadsMax: number
  readonly #threads: ThreadGroup<EncodeThread>
  #inlineReason: string | undefined

  constructor(options: EncodePoolOptions) {
    this.#options = options
    const { threadsMax, inlineReason } = threadsFor(options.workers, options.kernels.info)
    this.#threadsMax = threadsMax
    this.#inlineReason = inlineReason
    this.#threads = new ThreadGroup({
      start: (onEnd) => this.#start(onEnd),
      refuse: (reason) => this.refuse(reason),
      idleMs: options.idleMs,
    })
    if (!options.areKernelsSelected) this.#inlineReason ??= 'the kernels are not selected by Sluice'
  }

  /** Whether threads can encode. */
  get isFit(): boolean {
    return this.#inlineReason === undefined
  }

  /** Tasks that one caller may have under way at a time. */
  get tasksMax(): number {
    return TASKS_PER_THREAD * this.#threadsMax
  }

  /** Bytes of rows of a task. With fewer, the event loop is as fast. */
  get taskBytes(): number {
    return this.#options.taskBytes ?? TASK_BYTES
  }

  /** Says why threads cannot encode from now on. */
  refuse(reason: string): void {
    this.#inlineReason ??= reason
  }

  /** Who encodes, now. */
  stats(): IngestWorkersStats {
    const { isFit } = this
    return {
      threadsMax: isFit ? this.#threadsMax : 0,
      threads: this.#threads.size,
      inlineReason: this.#inlineReason,
    }
  }

  /**
   * Has a thread encode rows. Once it settles no thread touches the memory of the task. Never
   * rejects.
   *
   * @returns whether the blocks are written; whatever is in them otherwise
   */
  async encode(task: EncodeTask): Promise<boolean> {
    const { rows, blocks } = task
    if (!isShared(rows) || !isShared(blocks)) {
      this.refuse('memory of rows or codes is not shared between threads')
    }
    const thread = this.isFit ? this.#freest() : undefined
    return thread !== undefined && this.#threads.during(() => thread.encode(task))
  }

  /** Ends all threads; what they were at is not encoded then. */
  async close(): Promise<void> {
    this.refuse('the database was closed')
    await this.#threads.end()
  }

  /** The thread with the fewest tasks, a new one where all have some and there may be more. */
  #freest(): EncodeThread | undefined {
    const [freest] = this.#threads.freest()
    if (freest?.callCount === 0 || this.#threads.size === this.#threadsMax) return freest
    this.#threads.start()
    return this.#threads.freest()[0]
  }

  #start(onEnd: () => void): EncodeThread {
    const { kernels, startWorker = startEncodeWorker } = this.#options
    const { name, isa } = kernels.info
    return new EncodeThread(startWorker({ name, isa }), (end) => {
      onEnd()
      this.#noteEnd(end)
    })
  }

  #noteEnd({ kind, reason, cause }: ThreadEnd): void {
    if (kind === 'ended' || !this.isFit) return
    this.refuse(reason)
    if (kind === 'unfit') return
    const message = `${reason}; rows are encoded on the event loop from now on`
    this.#options.warn({ code: 'SLUICE_WARN_ENCODE_THREADS', message, details: { cause } })
  }
}

function isShared({ buffer }: Uint8Array): boolean {
  return buffer instanceof SharedArrayBuffer
}
