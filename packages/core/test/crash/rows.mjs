/**
 * The rows that crash tests write. Every byte of a row follows from the number of the operation
 * that wrote it and from its key, so that a reader can tell a right row from a wrong one without
 * having seen it. Plain JavaScript, because both the tests and their child processes use it.
 */

export const DIMENSION = 384

export const SCHEMA = {
  dimension: DIMENSION,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: 1024 * 1024,
}

/** Keys wrap around here, so that operations meet each other's rows. */
export const KEY_COUNT = 4096

export function keysOf({ firstKey, keyCount, keyStep }) {
  return Array.from({ length: keyCount }, (_, i) => (firstKey + i * keyStep) % KEY_COUNT)
}

export function idOf(idKind, key) {
  // Both halves of a u64 matter; strings differ in length.
  return idKind === 'u64' ? BigInt(key) * 0x1_0000_0003n : `key-${key}-${'x'.repeat(key % 11)}`
}

/** Packed vectors; the generator is xorshift32 (Marsaglia 2003), seeded per row. */
export function vectorsOf(operation, keys, dimension = DIMENSION) {
  const vectors = new Float32Array(keys.length * dimension)
  let at = 0
  for (const key of keys) {
    let state = (Math.imul(operation + 1, 0x9e3779b1) ^ Math.imul(key + 1, 0x85ebca6b)) | 1
    for (let i = 0; i < dimension; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      vectors[at++] = (state >>> 8) / 2 ** 24
    }
  }
  return vectors
}

export function batchOf(idKind, operation, keys) {
  return {
    ids: keys.map((key) => idOf(idKind, key)),
    vectors: vectorsOf(operation, keys),
    metadata: keys.map((key) => ({ operation, key })),
  }
}
