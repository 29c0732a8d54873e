/**
 * A stream of batches that somebody can stop waiting for. A generator that hangs in its own await
 * cannot be ended from outside, only left alone.
 */

/**
 * Walks a sync or async iterable until a signal fires.
 *
 * @internal
 */
export class InterruptibleSource {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>
  readonly #stopped: AbortSignal

  /** @param stopped - its reason is what a pending `next` rejects with */
  constructor(source: Iterable<unknown> | AsyncIterable<unknown>, stopped: AbortSignal) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
    this.#stopped = stopped
  }

  /** The next batch, or the end; rejects when the source does or when stopped. */
  next(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      const stopped = this.#stopped
      stopped.throwIfAborted()
      const onStop = (): void => reject(stopped.reason)
      stopped.addEventListener('abort', onStop, { once: true })
      Promise.resolve(this.#iterator.next())
        .finally(() => stopped.removeEventListener('abort', onStop))
        .then(resolve, reject)
    })
  }

  /** Tells the source that nothing more is wanted. Does not wait: it may hang. */
  end(): void {
    const ended = this.#iterator.return?.()
    // Whatever it throws now comes after the failure that the caller is told.
    Promise.resolve(ended).catch(() => undefined)
  }
}
