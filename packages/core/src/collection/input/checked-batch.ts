/** A batch whose shape and types have been checked, and how it is to be written. Types only. */

import type { Durability } from '../../contract/index.js'
import type { AssignedIdBatch, IdBatch } from '../../id-batch.js'
import type { PackedBytes } from '../../packed-bytes.js'

/**
 * What a batch says of its rows, beside their vectors; checked.
 *
 * @internal
 */
export interface RowLabels {
  readonly rowCount: number
  /** Undefined: the collection assigns them. */
  readonly ids: Exclude<IdBatch, AssignedIdBatch> | undefined
  readonly metadata: PackedBytes | undefined
}

/**
 * A batch whose shape and types have been checked; the values of its vectors have not.
 *
 * @internal
 */
export interface CheckedBatch extends RowLabels {
  /** Packed rows, in the caller's memory. */
  readonly source: Uint8Array
}

/**
 * How a batch is to be written. `add` refuses ids that exist; `upsert` replaces their rows.
 *
 * @internal
 */
export interface RowWriteOptions {
  readonly mode: 'add' | 'upsert'
  readonly durability: Durability
  readonly signal: AbortSignal | undefined
}
