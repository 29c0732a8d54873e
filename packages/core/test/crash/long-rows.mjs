/**
 * Rows so long that 32 of them fill a segment, so that segments fill up, die and are used again
 * within few writes. Every byte of a row follows from its operation and its key, which are its
 * first two elements. Plain JavaScript, because both the tests and their child processes use it.
 */

import { vectorsOf } from './rows.mjs'

export const LONG_DIMENSION = 2000

export const LONG_SCHEMA = {
  dimension: LONG_DIMENSION,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: 256 * 1024,
}

/** Keys of collections whose callers give the ids. */
export const LONG_KEY_COUNT = 96

/** For `assigned`, keys are the ids; there key 0 is never used. */
export function longIdOf(idKind, key) {
  if (idKind === 'string') return `key-${key}-${'x'.repeat(key % 7)}`
  return idKind === 'u64' ? BigInt(key) * 0x1_0000_0003n : BigInt(key)
}

export function longVectorsOf(operation, keys) {
  const vectors = vectorsOf(operation, keys, LONG_DIMENSION)
  for (const [i, key] of keys.entries()) {
    vectors[i * LONG_DIMENSION] = operation
    vectors[i * LONG_DIMENSION + 1] = key
  }
  return vectors
}

/** Of every third operation no row has metadata, and of the others every fifth row has none. */
export function longMetadataOf(operation, key) {
  if (operation % 3 === 0 || key % 5 === 0) return undefined
  return { operation, key, text: 'm'.repeat(key % 40) }
}

/** Submits one planned operation. */
export function submitLong(collection, planned) {
  const { kind, idKind, number, keys, durability } = planned
  const ids = keys.map((key) => longIdOf(idKind, key))
  if (kind === 'delete') return collection.delete({ ids }, { durability })
  const isAssigned = idKind === 'assigned' && kind === 'add'
  const batch = {
    ...(isAssigned ? {} : { ids }),
    vectors: longVectorsOf(number, keys),
    metadata: keys.map((key) => longMetadataOf(number, key)),
  }
  return collection[kind](batch, { durability })
}
