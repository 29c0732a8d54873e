/** Whether what a caller gave is a stream of batches. */

/**
 * Whether something can be walked through as it comes.
 *
 * @internal
 */
export function isAsyncIterable(source: object): source is AsyncIterable<unknown> {
  return Symbol.asyncIterator in source && typeof source[Symbol.asyncIterator] === 'function'
}

/**
 * Whether something can be walked through at once.
 *
 * @internal
 */
export function isIterable(source: object): source is Iterable<unknown> {
  return Symbol.iterator in source && typeof source[Symbol.iterator] === 'function'
}
