/**
 * Which reads are under way, so that memory they look at is given back only after them. A read
 * enters before it looks at anything and leaves in a `finally`. A walk is one read from its first
 * row to its end: one that a caller neither finishes nor ends with `return()` (`for await` does
 * when it is left early) never leaves, and whoever waits for quiet waits until the process ends.
 */

/**
 * The reads of one collection.
 *
 * @internal
 */
export class ReadPins {
  /** Reads that entered since the last call of `whenQuiet`. */
  #current = new Generation()
  /** Settles when all reads before those have left. */
  #quiet: Promise<void> = Promise.resolve()

  /**
   * Begins a read.
   *
   * @returns the function that ends it; calling it again changes nothing
   */
  enter(): () => void {
    const generation = this.#current
    let isInside = true
    generation.enter()
    return () => {
      if (isInside) generation.leave()
      isInside = false
    }
  }

  /** Resolves when all reads that are under way now have ended; later ones do not delay it. */
  whenQuiet(): Promise<void> {
    if (this.#current.readCount > 0) {
      const before = this.#quiet
      const last = this.#current.whenEmpty()
      this.#quiet = before.then(() => last)
      this.#current = new Generation()
    }
    return this.#quiet
  }
}

/** Reads that entered between two calls of `whenQuiet`. */
class Generation {
  readCount = 0
  #resolve: (() => void) | undefined

  enter(): void {
    this.readCount += 1
  }

  leave(): void {
    this.readCount -= 1
    if (this.readCount === 0) this.#resolve?.()
  }

  /** Called once, while there are reads and when no more will enter. */
  whenEmpty(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }
}
