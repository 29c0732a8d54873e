/**
 * The ids of one batch in the form that the log, the id indexes and recovery share: columns, no
 * object per row. A collection keeps one kind of id for life, the kind of its first batch.
 */

import type { PackedBytes } from './packed-bytes.js'

/**
 * Unsigned 64-bit ids as little-endian u32 pairs: low word at `2 i`, high word at `2 i + 1`.
 *
 * @internal
 */
export interface U64IdBatch {
  readonly kind: 'u64'
  readonly count: number
  readonly words: Uint32Array
}

/**
 * String ids as UTF-8.
 *
 * @internal
 */
export interface StringIdBatch extends PackedBytes {
  readonly kind: 'string'
  readonly count: number
}

/**
 * Consecutive ids given by the collection itself, from `first` on.
 *
 * @internal
 */
export interface AssignedIdBatch {
  readonly kind: 'assigned'
  readonly count: number
  readonly first: number
}

/**
 * The ids of one batch.
 *
 * @internal
 */
export type IdBatch = U64IdBatch | StringIdBatch | AssignedIdBatch
