/** The order in which things are measured again and again. */

/**
 * All items of a round before any item of the next one, so that whatever befalls the machine meets
 * all alike; rounds begin at different items, so that none is always the first or the last.
 *
 * @param items - what is measured
 * @param rounds - how often
 * @internal
 */
export function* interleaved<T>(items: readonly T[], rounds: number): Generator<T> {
  for (let round = 0; round < rounds; round++) {
    const first = Math.floor((round * items.length) / rounds)
    yield* items.slice(first)
    yield* items.slice(0, first)
  }
}
