/** Runs asynchronous tasks one at a time, in the order they came. */

/**
 * A mutual exclusion with a fair queue.
 *
 * @internal
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()
  #count = 0

  /** Whether no task is queued or under way: the next one need not wait. */
  get isIdle(): boolean {
    return this.#count === 0
  }

  /** Runs `task` after all earlier ones have settled; its outcome is the caller's alone. */
  run<T>(task: () => Promise<T>): Promise<T> {
    this.#count += 1
    const outcome = this.#last.then(task)
    // The next task only waits; whoever called `run` sees the error.
    this.#last = outcome.then(this.#onEnd, this.#onEnd)
    return outcome
  }

  /** Resolves when every task queued so far has settled. */
  async idle(): Promise<void> {
    await this.#last
  }

  readonly #onEnd = (): void => {
    this.#count -= 1
  }
}
