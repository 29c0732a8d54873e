/**
 * Lines on progress. On a terminal they share one line, which is rewritten; elsewhere (a file, a
 * log, a pipe) each is written as it is, without control characters.
 */

/** Carriage return, and "erase in line" of ECMA-48: all of it. */
const ERASE = '\r\u001b[2K'

/**
 * Takes lines and writes them.
 *
 * @internal
 */
export class Progress {
  readonly #write: (text: string) => void
  readonly #columns: () => number | undefined
  #shown = false

  /**
   * @param write - takes text
   * @param columns - the width of the terminal now; undefined where there is none
   */
  constructor(write: (text: string) => void, columns: () => number | undefined) {
    this.#write = write
    this.#columns = columns
  }

  /** Shows a line in place of the one before; a table of several lines stays. */
  say(line: string): void {
    const columns = this.#columns()
    // A terminal that does not know its width says 0: a line that wraps could not be erased.
    if (columns === undefined || columns === 0 || line.includes('\n')) {
      this.end()
      this.#write(`${line}\n`)
      return
    }
    // The last column stays free: a full line makes some terminals go on to the next.
    this.#write(ERASE + [...line].slice(0, Math.max(columns - 1, 1)).join(''))
    this.#shown = true
  }

  /** Takes the line away, before anything else is written. */
  end(): void {
    if (this.#shown) this.#write(ERASE)
    this.#shown = false
  }
}
