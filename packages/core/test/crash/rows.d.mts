/** Types of `rows.mjs`. */

/** A run of keys: `firstKey`, `firstKey + keyStep`, …, wrapping around at `KEY_COUNT`. */
export interface KeyRange {
  readonly firstKey: number
  readonly keyCount: number
  /** Odd, so that no key comes twice. */
  readonly keyStep: number
}

export type CrashIdKind = 'u64' | 'string'

export declare const DIMENSION: number
export declare const KEY_COUNT: number
export declare const SCHEMA: {
  readonly dimension: number
  readonly dtype: 'float32'
  readonly metric: 'l2'
  readonly segmentBytes: number
}
export declare function keysOf(range: KeyRange): number[]
export declare function idOf(idKind: CrashIdKind, key: number): bigint | string
export declare function vectorsOf(
  operation: number,
  keys: readonly number[],
  dimension?: number,
): Float32Array
export declare function batchOf(
  idKind: CrashIdKind,
  operation: number,
  keys: readonly number[],
): {
  ids: bigint[]
  vectors: Float32Array
  metadata: { operation: number; key: number }[]
}
