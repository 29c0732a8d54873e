/**
 * Memory that searches read, here or on other threads: given back once it was retired and the last
 * search that began with it has ended.
 */

/**
 * Counts the searches of some memory.
 *
 * @internal
 */
export class ReadMemory {
  readonly #release: () => void
  #readers = 0
  #isRetired = false

  /** @param release - gives the memory back; called once */
  constructor(release: () => void) {
    this.#release = release
  }

  /** Begins a search. Returns the function that ends it, to be called once. */
  enter(): () => void {
    this.#readers += 1
    return () => {
      this.#readers -= 1
      this.#releaseUnused()
    }
  }

  /** Says that no further search will begin. To be called once. */
  retire(): void {
    this.#isRetired = true
    this.#releaseUnused()
  }

  #releaseUnused(): void {
    if (this.#isRetired && this.#readers === 0) this.#release()
  }
}
