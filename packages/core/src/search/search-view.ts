/**
 * What a search may see of a collection: rows that are visible and alive at one moment. Later
 * writes do not change it.
 */

import type { VectorStore } from '../contract/index.js'
import type { Dtype } from '../dtype.js'
import type { CodeView } from '../index/code-view.js'
import type { Metric } from '../metric.js'
import type { RowMask } from '../row-mask.js'

/**
 * A frozen view of the rows of a collection.
 *
 * @internal
 */
export interface SearchView {
  readonly store: Pick<VectorStore, 'stride' | 'rowsPerSegment' | 'segment'>
  readonly dtype: Dtype
  readonly dimension: number
  readonly metric: Metric
  /** Rows below this were visible. */
  readonly visibleRows: number
  /** Rows below were freed. */
  readonly firstRow: number
  /** Alive bits of a segment, as they were; none at all where it was freed. */
  aliveWords(segment: number): Uint32Array
  /** Which rows are alive, from {@link firstRow} on. */
  aliveMask(): RowMask
  /** Undefined where every row is compared. */
  readonly codes: CodeView | undefined
}

/**
 * Rows and their index.
 *
 * @internal
 */
export interface CodeSearchView extends SearchView {
  readonly codes: CodeView
}
