/** What a child writes: a sequence of operations that follows from a seed. */

import type { Durability } from '../../src/index.js'
import { KEY_COUNT, type KeyRange } from './rows.mjs'

/** One write. */
export interface PlannedOperation extends KeyRange {
  /** Counts through all rounds of a run, and is in the metadata of every row written. */
  readonly number: number
  readonly kind: 'upsert' | 'delete'
  readonly durability: Durability
  /** It is submitted once fewer than so many others are under way. */
  readonly inFlightMax: number
}

/** Numbers from a seed. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0 to `bound - 1`, by mulberry32. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound) | 0
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }
}

/**
 * Small batches travel inside the log, large ones through segments; which is which decides where
 * a crash can hurt. The largest have 4.6 MB and cross several segments.
 */
function keyCountOf(random: SeededRandom): number {
  const size = random.below(20)
  if (size === 0) return 1000 + random.below(2001)
  if (size < 4) return 60 + random.below(400)
  return 1 + random.below(40)
}

/** A sequence of writes. */
export function planOperations(
  random: SeededRandom,
  firstNumber: number,
  count: number,
): PlannedOperation[] {
  return Array.from({ length: count }, (_, i) => ({
    number: firstNumber + i,
    kind: random.below(5) === 0 ? ('delete' as const) : ('upsert' as const),
    durability: random.pick(['disk', 'disk', 'disk', 'os', 'memory'] as const),
    inFlightMax: random.pick([1, 1, 2, 4, 8]),
    firstKey: random.below(KEY_COUNT),
    keyCount: keyCountOf(random),
    keyStep: 1 + 2 * random.below(KEY_COUNT / 2),
  }))
}
