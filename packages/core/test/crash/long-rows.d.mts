/** Types of `long-rows.mjs`. */

import type { Collection, Durability } from '../../src/index.js'

export type LongIdKind = 'u64' | 'string' | 'assigned'

/** One write. */
export interface LongWrite {
  /** Counts through a whole run. */
  readonly number: number
  readonly kind: 'add' | 'upsert' | 'delete'
  /** Names the collection too. */
  readonly idKind: LongIdKind
  readonly durability: Durability
  readonly keys: readonly number[]
}

export declare const LONG_DIMENSION: number
export declare const LONG_KEY_COUNT: number
export declare const LONG_SCHEMA: {
  readonly dimension: number
  readonly dtype: 'float32'
  readonly metric: 'l2'
  readonly segmentBytes: number
}
export declare function longIdOf(idKind: LongIdKind, key: number): bigint | string
export declare function longVectorsOf(operation: number, keys: readonly number[]): Float32Array
export declare function longMetadataOf(operation: number, key: number): object | undefined
export declare function submitLong(collection: Collection, planned: LongWrite): Promise<unknown>
