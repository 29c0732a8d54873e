/**
 * A stream of batches that somebody can stop waiting for. A generator that hangs in its own await
 * cannot be ended from outside, only left alone.
 */

import { isAsyncIterable } from '../input/is-iterable.js'

/**
 * Walks a sync or async iterable until a signal fires.
 *
 * @internal
 */
export class InterruptibleSource {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>
  readonly #isAsync: boolean
  readonly #stopped: AbortSignal
  #leave: (reason: unknown) => void = () => undefined

  /** @param stopped - its reason is what a pending `next` rejects with */
  constructor(source: Iterable<unknown> | AsyncIterable<unknown>, stopped: AbortSignal) {
    this.#isAsync = isAsyncIterable(source)
    this.#iterator = isAsyncIterable(source)
      ? source[Symbol.asyncIterator]()
      : source[Symbol.iterator]()
    this.#stopped = stopped
    stopped.addEventListener('abort', () => this.#leave(stopped.reason), { once: true })
  }

  /**
   * The next batch, or the end; a promise only where the source is async, because most batches are
   * there at once. Throws or rejects when the source does or when stopped.
   */
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
    this.#stopped.throwIfAborted()
    if (!this.#isAsync) return this.#iterator.next() as IteratorResult<unknown>
    return new Promise((resolve, reject) => {
      this.#leave = reject
      Promise.resolve(this.#iterator.next()).then(resolve, reject)
    })
  }

  /** Tells the source that nothing more is wanted. Does not wait: it may hang. */
  end(): void {
    const ended = new Promise((resolve) => resolve(this.#iterator.return?.()))
    // Whatever it throws now, at once or later, comes after the failure that the caller is told.
    ended.catch(() => undefined)
  }
}
