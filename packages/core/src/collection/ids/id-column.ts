/** The ids of consecutive rows as an index gives them out to be stored. */

import type { StringIdBatch, U64IdBatch } from '../../id-batch.js'

/**
 * Ids that a collection assigned, as runs. Run i is that of the next `fields[3 i]` rows;
 * `fields[3 i + 1]` is 0 where the collection handed the ids out with the rows, and 1 where the
 * rows were written under ids that had been handed out before; `fields[3 i + 2]` is the first id.
 *
 * @internal
 */
export interface IdRuns {
  readonly kind: 'runs'
  /** Rows of all runs. */
  readonly count: number
  readonly fields: Float64Array
}

/**
 * Numbers of one run in {@link IdRuns}.
 *
 * @internal
 */
export const RUN_FIELDS = 3

/**
 * The ids of some rows.
 *
 * @internal
 */
export type IdColumn = U64IdBatch | StringIdBatch | IdRuns

/**
 * Bytes that are read at once.
 *
 * @internal
 */
export const COLUMN_BYTES_MAX: number = 1 << 20

/**
 * Byte strings that are read at once, however short they are.
 *
 * @internal
 */
export const PACKED_ROWS_MAX = 8_192

/**
 * Runs that are read at once.
 *
 * @internal
 */
export const RUNS_MAX = 16_384
