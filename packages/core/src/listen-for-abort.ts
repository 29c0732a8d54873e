/**
 * Many who wait for one signal share a single listener: a caller may give the same signal to
 * thousands of writes, and Node.js takes more than ten listeners of a signal for a leak and warns.
 * The listener goes with the last of those who wait.
 */

/** Those who wait, by their signal. */
const waiting = new WeakMap<AbortSignal, AbortListeners>()

/**
 * Calls a function once when a signal fires; never where it has fired already.
 *
 * @param listener - of its own for each call; must not throw, or those behind it are not called
 * @returns the function that stops listening; it may be called at any time and again
 * @internal
 */
export function listenForAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) return noop
  let listeners = waiting.get(signal)
  if (listeners === undefined) {
    listeners = new AbortListeners()
    waiting.set(signal, listeners)
  }
  return listeners.add(signal, listener)
}

/** Those who wait for one signal, which is not kept here: it may live for less long. */
class AbortListeners {
  readonly #listeners = new Set<() => void>()

  add(signal: AbortSignal, listener: () => void): () => void {
    if (this.#listeners.size === 0) signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#listeners.add(listener)
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return
      signal.removeEventListener('abort', this.#onAbort)
    }
  }

  readonly #onAbort = (): void => {
    // One may stop another, which is not called then.
    for (const listener of this.#listeners) {
      this.#listeners.delete(listener)
      listener()
    }
  }
}

function noop(): undefined {
  return undefined
}
