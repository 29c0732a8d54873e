/**
 * Tells that somebody holds rows which he fills in place while writes wait for them, a second and
 * longer: most likely he waits for one of these writes himself, which would be for ever and without
 * a word. Meanwhile a timer keeps the process alive, as nothing else does.
 */

import { nowMs } from '../../clock.js'
import type { SerialQueue } from '../../serial-queue.js'
import type { Warn } from '../../warning.js'

/** How long a write waits before anybody is told. */
const PATIENCE_MS = 1000

/**
 * Whose rows are watched.
 *
 * @internal
 */
export interface HeldRowsWatchOptions {
  /** Of the collection. */
  readonly name: string
  /** Where writes of the collection wait. */
  readonly turns: SerialQueue
  readonly warn: Warn
}

/** Rows that somebody holds. */
interface Held {
  readonly rowCount: number
  readonly openedMs: number
  isTold: boolean
}

/**
 * Watches the rows that are held in one collection.
 *
 * @internal
 */
export class HeldRowsWatch {
  readonly #options: HeldRowsWatchOptions
  #held: Held | undefined
  #isCommitting = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: HeldRowsWatchOptions) {
    this.#options = options
    options.turns.onWaiting = () => this.#look()
  }

  /** Rows were handed out. */
  hold(rowCount: number): void {
    this.#held = { rowCount, openedMs: nowMs(), isTold: false }
    this.setCommitting(false)
  }

  /** They are in the hands of a commit, or no more so: what waits for a commit waits rightly. */
  setCommitting(isCommitting: boolean): void {
    this.#isCommitting = isCommitting
    this.#look()
  }

  /** They were given back or written. */
  release(): void {
    this.#held = undefined
    this.#look()
  }

  /** Waits on as long as there is somebody who waits in vain. */
  #look(): void {
    if (this.#held && !this.#isCommitting && this.#options.turns.waitingCount > 0) {
      this.#timer ??= setTimeout(() => this.#tell(), PATIENCE_MS)
      return
    }
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #tell(): void {
    this.#timer = undefined
    const held = this.#held
    if (held && !held.isTold) {
      held.isTold = true
      const { name, turns, warn } = this.#options
      const openMs = Math.round(nowMs() - held.openedMs)
      const { rowCount } = held
      const waiting = turns.waitingCount
      const message =
        `collection "${name}": writes wait (${waiting} now) for a writer of ${rowCount} rows ` +
        `that was opened ${openMs} ms ago and is neither committed nor aborted`
      const details = { collection: name, rowCount, openMs, waiting }
      warn({ code: 'SLUICE_WARN_WRITER_HELD', message, details })
    }
    this.#look()
  }
}
