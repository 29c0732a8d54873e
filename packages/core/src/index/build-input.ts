/** What a build of lists works on: rows of a collection as they are when it begins. */

import type { RowMask } from '../row-mask.js'
import type { ClusterInput } from './cluster/cluster-input.js'
import type { MaintainedIndex } from './maintained-index.js'
import type { RowLists } from './row-lists.js'
import type { CodeTailOptions } from './tail-work.js'

/**
 * Lists, and which rows are taken for queries, are a function of rows and this.
 *
 * @internal
 */
export const SEED = 0x51_75_1c_e1

/**
 * Which rows are put into lists, and how.
 *
 * @internal
 */
export interface BuiltRows {
  /** Rows below this. */
  readonly rowCount: number
  /** Which of them are alive. */
  readonly alive: RowMask
  /** Lists that rows are added to, if any. */
  readonly from: RowLists | undefined
  /** Queries of users, packed. */
  readonly queries: Uint8Array
}

/**
 * The input of a build.
 *
 * @internal
 */
export function buildInput(
  { schema, store }: Pick<CodeTailOptions, 'schema' | 'store'>,
  index: Pick<MaintainedIndex, 'isFreed'>,
  { rowCount, alive, from, queries }: BuiltRows,
): ClusterInput {
  const { rowsPerSegment } = store
  const length = Math.ceil(rowCount / rowsPerSegment)
  const segments = Array.from({ length }, (_, segment) =>
    index.isFreed(segment) ? undefined : store.segment(segment).bytes,
  )
  const { metric, dtype, dimension } = schema
  return {
    shape: { metric, dtype, dimension },
    rows: { segments, rowsPerSegment, rowCount, ...alive },
    seed: SEED,
    listsPerRow: 2,
    queries,
    ...(from ? { from } : {}),
  }
}
