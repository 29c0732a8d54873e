/** Something to do at the end of the event loop's turn, once, however often it is asked for. */

/**
 * A task that waits for a turn.
 *
 * @internal
 */
export class PendingTurn {
  readonly #task: () => void
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(task: () => void) {
    this.#task = task
  }

  /** Runs the task at the end of this turn. */
  schedule(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      this.#task()
    })
  }

  /** Runs the task in about so many milliseconds, or sooner when somebody schedules it. */
  delay(delayMs: number): void {
    // Timers know whole milliseconds only.
    if (delayMs < 1) this.schedule()
    else if (!this.#immediate) this.#timer ??= setTimeout(() => this.schedule(), delayMs)
  }
}
