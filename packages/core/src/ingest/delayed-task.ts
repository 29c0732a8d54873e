/** Something to be done soon, once, however often it is asked for; it keeps no process alive. */

/**
 * A task with a timer.
 *
 * @internal
 */
export class DelayedTask {
  readonly #delayMs: number
  readonly #task: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(delayMs: number, task: () => void) {
    this.#delayMs = delayMs
    this.#task = task
  }

  /** Runs the task after the delay, unless that is under way. */
  schedule(): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#task()
    }, this.#delayMs)
    this.#timer.unref()
  }

  /** Does not run the task after all. */
  cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
