/**
 * Brings memory in before it is needed, without blocking the event loop: shared memory by the
 * function that was given for it, else on a worker thread (started at the first job); other memory
 * in slices on the calling thread. Touching never changes a byte, so it is safe beside any use of
 * the memory, and a job may outlive the lease of its bytes.
 * Where no worker can be had, the slices serve shared memory too. The process stays alive for a
 * job, not for the worker.
 */
import { Worker } from 'node:worker_threads'
import { PoolError } from '../pool-error.js'
import { bringInPieces } from './bring-in-pieces.js'
import { touchInSlices } from './touch-in-slices.js'
import { PREFAULT_WORKER_SOURCE } from './worker-source.js'

interface Job {
  readonly bytes: Uint8Array
  /** Becomes 1 when the worker should stop early. */
  readonly stop: Int32Array
  readonly signal: AbortSignal | undefined
  readonly settle: (outcome: Promise<void> | undefined) => void
}

/**
 * Touches memory in the background.
 * @internal
 */
export class Prefaulter {
  readonly #bringIn: ((bytes: Uint8Array) => Promise<void>) | undefined
  readonly #jobs = new Map<number, Job>()
  #nextId = 0
  #worker: Worker | undefined
  /** Why there is no worker and never will be. */
  #workerRefusal: unknown
  #stopWhenIdle = false
  #workerEnd: Promise<unknown> = Promise.resolve()
  /** The end of the last job that is not the worker's. */
  #turns: Promise<unknown> = Promise.resolve()
  #closed = false

  /** @param bringIn - brings shared memory in, better than a worker; changes no byte */
  constructor(bringIn?: (bytes: Uint8Array) => Promise<void>) {
    this.#bringIn = bringIn
  }

  /**
   * Resolves when every page of `bytes` is in memory.
   * @param bytes - any view
   * @param signal - stops the work; the promise then rejects with its reason
   * @throws PoolError SLUICE_CLOSED
   */
  async touch(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check(signal)
    const bringIn = this.#bringIn
    if (!(bytes.buffer instanceof SharedArrayBuffer)) return this.#touchHere(bytes, signal)
    if (bringIn !== undefined) {
      return this.#inTurn(() => bringInPieces(bytes, bringIn, () => this.#check(signal)))
    }
    const worker = this.#startWorker()
    if (worker === undefined) return this.#touchHere(bytes, signal)
    return this.#touchThere(worker, bytes, signal)
  }

  /**
   * Ends the worker once it has no job; the next job starts another. Its heap may still refer to
   * the buffers it touched, which keeps them from being collected, and ending it is what lets go of
   * them.
   */
  rest(): void {
    this.#stopWhenIdle = this.#jobs.size > 0
    if (!this.#stopWhenIdle) this.#endWorker()
  }

  /** Rejects what is pending and ends the worker. */
  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#jobs.values()) {
      Atomics.store(job.stop, 0, 1)
      job.settle(Promise.reject(closedError()))
    }
    this.#endWorker()
    await Promise.all([this.#workerEnd, this.#turns])
  }

  #check(signal: AbortSignal | undefined): void {
    if (this.#closed) throw closedError()
    signal?.throwIfAborted()
  }

  #touchThere(worker: Worker, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const id = this.#nextId
    this.#nextId += 1
    const stop = new Int32Array(new SharedArrayBuffer(4))
    return new Promise((resolve) => {
      const onAbort = (): void => {
        Atomics.store(stop, 0, 1)
        settle(Promise.reject(signal?.reason))
      }
      const settle = (outcome: Promise<void> | undefined): void => {
        signal?.removeEventListener('abort', onAbort)
        this.#jobs.delete(id)
        if (this.#jobs.size === 0) this.#onIdle()
        resolve(outcome)
      }
      signal?.addEventListener('abort', onAbort)
      this.#jobs.set(id, { bytes, stop, signal, settle })
      worker.ref()
      worker.postMessage({ id, bytes, stop })
    })
  }

  #touchHere(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    return this.#inTurn(() => touchInSlices(bytes, () => this.#check(signal)))
  }

  /**
   * One job at a time, so that several do not add up to a long turn of the event loop, or take all
   * threads that files are written on.
   */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const before = this.#turns
    const job = (async (): Promise<void> => {
      await before
      await work()
    })()
    // The caller gets the rejection from `job`; the queue only waits for its end.
    this.#turns = job.catch(() => undefined)
    return job
  }

  #startWorker(): Worker | undefined {
    if (this.#worker !== undefined || this.#workerRefusal !== undefined) return this.#worker
    try {
      const worker = new Worker(PREFAULT_WORKER_SOURCE, { eval: true, execArgv: [] })
      worker.on('message', (id: number) => this.#jobs.get(id)?.settle(undefined))
      worker.on('error', (error) => {
        this.#workerRefusal = error
      })
      worker.on('exit', () => this.#onExit(worker))
      this.#worker = worker
    } catch (error) {
      // Refused by the permission model or a limit on threads: the slices do the work.
      this.#workerRefusal = error
    }
    return this.#worker
  }

  /** A worker that ended by itself leaves its jobs to the slices. */
  #onExit(worker: Worker): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    for (const { bytes, signal, settle } of [...this.#jobs.values()]) {
      settle(this.#touchHere(bytes, signal))
    }
  }

  #onIdle(): void {
    this.#worker?.unref()
    if (this.#stopWhenIdle) this.rest()
  }

  #endWorker(): void {
    this.#stopWhenIdle = false
    if (this.#worker === undefined) return
    this.#workerEnd = this.#worker.terminate()
    this.#worker = undefined
  }
}

function closedError(): PoolError {
  return new PoolError('SLUICE_CLOSED', 'the allocator was closed')
}
