/**
 * The states of a database: open, closing, closed. Operations run inside; closing waits for those
 * under way and refuses new ones.
 */

import { setMaxListeners } from 'node:events'
import { StateError } from '../errors.js'

/**
 * Where a database is in its life.
 *
 * @public
 */
export type LifecycleState = 'open' | 'closing' | 'closed'

/**
 * Counts operations under way and closes behind them.
 *
 * @internal
 */
export class Lifecycle {
  #state: LifecycleState = 'open'
  #running = 0
  #onIdle: (() => void) | undefined
  #closed: Promise<void> | undefined
  readonly #closing = new AbortController()

  constructor() {
    // Every call under way may listen: many are no leak to be warned of.
    setMaxListeners(0, this.#closing.signal)
  }

  /** The current state. */
  get state(): LifecycleState {
    return this.#state
  }

  /** Fires when closing begins; its reason is a StateError `SLUICE_CLOSED`. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** @throws StateError `SLUICE_CLOSED` unless open */
  check(): void {
    if (this.#state !== 'open') throw closedError(this.#state)
  }

  /** Runs an operation that `close` must wait for. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    this.check()
    this.#running++
    try {
      return await operation()
    } finally {
      this.#running--
      if (this.#running === 0) this.#onIdle?.()
    }
  }

  /** Closes once: refuses new operations, waits for those under way, then runs `shutdown`. */
  close(shutdown: () => Promise<void>): Promise<void> {
    this.#closed ??= this.#close(shutdown)
    return this.#closed
  }

  async #close(shutdown: () => Promise<void>): Promise<void> {
    this.#state = 'closing'
    this.#closing.abort(closedError('closing'))
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    try {
      await shutdown()
    } finally {
      this.#state = 'closed'
    }
  }
}

function closedError(state: LifecycleState): StateError {
  return new StateError('SLUICE_CLOSED', `the database is ${state}`)
}
