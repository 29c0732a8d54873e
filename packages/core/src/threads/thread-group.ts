/**
 * Threads that do calls for a database: started when there is something to do, and ended when they
 * have had nothing to do for some seconds, because a thread that has seen memory keeps it, even
 * when it was given back, until it has cleared up after itself, which an idle one never does.
 * Knows nothing of what a call is.
 */

import { messageOf } from '../message-of.js'

const IDLE_MS = 5000

/**
 * One thread of a {@link ThreadGroup}.
 *
 * @internal
 */
export interface GroupThread {
  /** Calls that it has. */
  readonly callCount: number
  /** Ends it, whatever it is at. Never rejects. */
  end(): Promise<void>
}

/**
 * What a {@link ThreadGroup} is made of.
 *
 * @internal
 */
export interface ThreadGroupOptions<Thread extends GroupThread> {
  /**
   * Starts a thread, which calls `onEnd` when it has ended, for whatever reason.
   *
   * @throws whatever keeps it from starting
   */
  readonly start: (onEnd: () => void) => Thread
  /** Told why there is no thread when one could not be started. */
  readonly refuse: (reason: string) => void
  /** How long threads wait for calls, in milliseconds. */
  readonly idleMs?: number | undefined
}

/**
 * Threads.
 *
 * @internal
 */
export class ThreadGroup<Thread extends GroupThread> {
  readonly #options: ThreadGroupOptions<Thread>
  readonly #threads = new Set<Thread>()
  /** Those that are being ended. */
  readonly #endings = new Set<Promise<void>>()
  #callCount = 0
  #idle: NodeJS.Timeout | undefined

  constructor(options: ThreadGroupOptions<Thread>) {
    this.#options = options
  }

  /** Threads there are. */
  get size(): number {
    return this.#threads.size
  }

  /** All threads, those with the fewest calls first. */
  freest(): Thread[] {
    return [...this.#threads].sort((a, b) => a.callCount - b.callCount)
  }

  /** Starts another thread. @returns whether it could */
  start(): boolean {
    try {
      const thread: Thread = this.#options.start(() => this.#threads.delete(thread))
      this.#threads.add(thread)
      return true
    } catch (error) {
      const reason = `a thread could not be started: ${messageOf(error)}`
      if (this.size === 0) this.#options.refuse(reason)
      return false
    }
  }

  /** Does a call, and keeps idle threads as long as it is under way. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.#callCount += 1
    clearTimeout(this.#idle)
    try {
      return await call()
    } finally {
      this.#callCount -= 1
      if (this.#callCount === 0) this.#endLater()
    }
  }

  /** Ends all threads; resolves when they have ended. */
  async end(): Promise<void> {
    this.#endAll()
    await Promise.all(this.#endings)
    // Calls that ended with their threads have set it again.
    clearTimeout(this.#idle)
  }

  #endLater(): void {
    this.#idle = setTimeout(() => this.#endAll(), this.#options.idleMs ?? IDLE_MS)
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
