/** Runs asynchronous tasks one at a time, in the order they came. */

/**
 * A mutual exclusion with a fair queue.
 *
 * @internal
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `task` after all earlier ones have settled; its outcome is the caller's alone. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const outcome = this.#last.then(task)
    // The next task only waits; whoever called `run` sees the error.
    this.#last = outcome.then(noop, noop)
    return outcome
  }

  /** Resolves when every task queued so far has settled. */
  async idle(): Promise<void> {
    await this.#last
  }
}

function noop(): undefined {
  return undefined
}
