/** Statistics that `JSON.stringify` takes, although it knows no bigint. */

/**
 * Gives an object a `toJSON` that turns its bigints, such as LSNs, into decimal strings. Nothing
 * else sees it: it is not enumerable, so that copies and comparisons stay what they are.
 *
 * @param value - a plain object
 * @returns the same object
 * @internal
 */
export function bigintsAsText<T extends object>(value: T): T {
  const toJSON = (): object => {
    const entries = Object.entries(value)
    return Object.fromEntries(
      entries.map(([key, part]) => [key, typeof part === 'bigint' ? String(part) : part]),
    )
  }
  return Object.defineProperty(value, 'toJSON', { value: toJSON })
}
