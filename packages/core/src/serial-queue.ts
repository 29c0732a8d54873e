/** Runs asynchronous tasks one at a time, in the order they came. */

/**
 * A mutual exclusion with a fair queue.
 *
 * @internal
 */
export class SerialQueue {
  /** Told when another number of tasks may wait. */
  onWaiting: () => void = noop
  #last: Promise<unknown> = Promise.resolve()
  #count = 0
  /** Of these, tasks for which nobody waits any more. */
  #abandonedCount = 0

  /** Whether no task is queued or under way: the next one need not wait. */
  get isIdle(): boolean {
    return this.#count === 0
  }

  /** Tasks that wait for the one under way, and that somebody waits for. */
  get waitingCount(): number {
    return Math.max(0, this.#count - this.#abandonedCount - 1)
  }

  /** Runs `task` after all earlier ones have settled; its outcome is the caller's alone. */
  run<T>(task: () => Promise<T>): Promise<T> {
    this.#count += 1
    this.onWaiting()
    const outcome = this.#last.then(task)
    // The next task only waits; whoever called `run` sees the error.
    this.#last = outcome.then(this.#onEnd, this.#onEnd)
    return outcome
  }

  /** Resolves when every task queued so far has settled. */
  async idle(): Promise<void> {
    await this.#last
  }

  /**
   * Says that nobody waits any more for a task in the queue, which keeps its place; or, with -1,
   * that it is the turn of such a task.
   */
  noteAbandoned(change: 1 | -1): void {
    this.#abandonedCount += change
    this.onWaiting()
  }

  readonly #onEnd = (): void => {
    this.#count -= 1
    this.onWaiting()
  }
}

function noop(): void {
  // Nobody is told.
}
