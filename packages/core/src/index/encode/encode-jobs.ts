/**
 * The rows of one tail that threads are encoding, in row order. What they have done counts in that
 * order, so that codes have no gaps; what was cancelled never counts. As long as threads may still
 * write what was cancelled, nothing new begins, since it may lie in the same blocks.
 */

import type { EncodeWork } from '../tail-work.js'
import type { Encoders } from './encode-pool.js'

/**
 * Rows to be encoded into blocks of a chunk.
 *
 * @internal
 */
export interface EncodeJob extends EncodeWork {
  /** The row after the last one. */
  readonly toRow: number
}

/** A job that counts. */
interface JobUnderWay {
  readonly toRow: number
  isEncoded: boolean
}

/**
 * Who is told of jobs.
 *
 * @internal
 */
export interface JobListener {
  /** All rows that were handed over are encoded up to here. */
  readonly onEncoded: (toRow: number) => void
  /** A job has ended, counted or not. */
  readonly onSettled: () => void
}

/**
 * Jobs under way.
 *
 * @internal
 */
export class EncodeJobs {
  readonly #pool: Encoders | undefined
  readonly #listener: JobListener
  /** Replaced when they are cancelled. */
  #jobs: JobUnderWay[] = []
  /** Threads may touch their memory until they settle. */
  readonly #underWay = new Set<Promise<void>>()
  /** Those of them that were cancelled. */
  #cancelled = 0
  #waiting: (() => void)[] = []

  constructor(pool: Encoders | undefined, listener: JobListener) {
    this.#pool = pool
    this.#listener = listener
  }

  /** Whether threads are to encode. */
  get isInUse(): boolean {
    return this.#pool?.isFit ?? false
  }

  /** Whether there is room for another job. */
  get hasRoom(): boolean {
    if (this.#pool === undefined || !this.#pool.isFit || this.#cancelled > 0) return false
    return this.#jobs.length < this.#pool.tasksMax
  }

  /** Whether threads may touch memory. */
  get areUnderWay(): boolean {
    return this.#underWay.size > 0
  }

  /** The row after the last one that was handed over and counts; undefined when none is. */
  get toRow(): number | undefined {
    return this.#jobs.at(-1)?.toRow
  }

  /** Hands rows over that follow those before, where there is room. Keeps the chunk's memory. */
  hand({ chunk, task, toRow }: EncodeJob): void {
    const job: JobUnderWay = { toRow, isEncoded: false }
    const jobs = this.#jobs
    jobs.push(job)
    const leave = chunk.enter()
    const encoded = this.#pool?.encode(task) ?? Promise.resolve(false)
    const ended = encoded.then((isEncoded) => {
      leave()
      this.#underWay.delete(ended)
      job.isEncoded = isEncoded
      if (jobs !== this.#jobs) this.#cancelled -= 1
      else if (isEncoded) this.#count()
      else this.cancel()
      this.#listener.onSettled()
      const waiting = this.#waiting
      this.#waiting = []
      for (const wake of waiting) wake()
    })
    this.#underWay.add(ended)
  }

  /** Lets none of those under way count. */
  cancel(): void {
    this.#jobs = []
    this.#cancelled = this.#underWay.size
  }

  /** Resolves when the next one under way has ended. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Resolves when all have ended that are under way now; undefined when none is. */
  whenEnded(): Promise<void> | undefined {
    return this.areUnderWay ? Promise.all(this.#underWay).then(() => undefined) : undefined
  }

  /** Resolves when there is no need to wait, or none is under way; undefined where that is now. */
  wait(isNeeded: () => boolean): Promise<void> | undefined {
    return this.areUnderWay && isNeeded() ? this.#wait(isNeeded) : undefined
  }

  async #wait(isNeeded: () => boolean): Promise<void> {
    while (this.areUnderWay && isNeeded()) await this.next()
  }

  #count(): void {
    while (this.#jobs[0]?.isEncoded) this.#listener.onEncoded(this.#jobs.shift()!.toRow)
  }
}
