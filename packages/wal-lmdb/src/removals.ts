/**
 * The records that a truncation has left to remove. They lie below the start mark, which is on disk
 * by then, so nobody misses them and nobody waits for them: the commit loop takes a few of their
 * keys into each of its transactions. What is left when the log is closed or the process ends, the
 * next opening goes on with.
 */

import type { LogDatabase } from './environment.js'
import { partKey } from './keys.js'

/**
 * Values removed in one transaction when nothing is written in it: some milliseconds of work, for
 * the largest values too.
 */
const KEYS_PER_STEP = 128

/**
 * Keys to remove, in steps.
 *
 * @internal
 */
export class Removals {
  readonly #database: LogDatabase
  #below = 0n
  #pending = false
  #stopped = false
  readonly #whenDone: (() => void)[] = []

  /** @param database - where the records are */
  constructor(database: LogDatabase) {
    this.#database = database
  }

  /** Whether there may be something left. */
  get pending(): boolean {
    return this.#pending
  }

  /** Records below `lsn` are to go, too. */
  removeBelow(lsn: bigint): void {
    if (this.#stopped) return
    if (lsn > this.#below) this.#below = lsn
    this.#pending = true
  }

  /**
   * Keys for one transaction, oldest first.
   *
   * @param putCount - values put in it: twice as many may go, or what is left would only grow
   */
  nextKeys(putCount: number): Buffer[] {
    if (!this.#pending) return []
    const limit = Math.max(KEYS_PER_STEP, 2 * putCount)
    const range = { start: partKey(0n), end: partKey(this.#below), limit }
    const keys = [...this.#database.getKeys(range)]
    if (keys.length === 0) this.#end()
    return keys
  }

  /** Resolves when nothing is left, or when nothing more will be removed. */
  done(): Promise<void> {
    if (!this.#pending) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenDone.push(resolve)
    })
  }

  /** Removes nothing more. */
  stop(): void {
    this.#stopped = true
    this.#end()
  }

  #end(): void {
    this.#pending = false
    for (const resolve of this.#whenDone.splice(0)) resolve()
  }
}
