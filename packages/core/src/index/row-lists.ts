/**
 * Lists of rows around centroids: made once, never changed, in memory that threads share where the
 * allocator's is shared. Types only.
 */

import type { CodeSpace } from '../contract/index.js'
import type { RowMask } from '../row-mask.js'

/**
 * Where the rows of a collection lie, and which of them count.
 *
 * @internal
 */
export interface SegmentedRows extends RowMask {
  /** The packed rows of each segment, from its first on; undefined where it was freed. */
  readonly segments: readonly (Uint8Array | undefined)[]
  readonly rowsPerSegment: number
  /** Rows below this count. */
  readonly rowCount: number
}

/**
 * The lists of a collection; each row is in one or two of them.
 *
 * @internal
 */
export interface RowLists {
  readonly space: CodeSpace
  /** Rows below this are in lists, but for those that were dead when lists were made. */
  readonly rowCount: number
  /** Rows that there were at the last clustering; later ones joined its lists. */
  readonly clusteredRows: number
  readonly listsPerRow: 1 | 2
  /** `K` times `n` numbers. */
  readonly centroids: Float32Array
  /** The centroids as `assign` and `searchLists` want them. */
  readonly centroidBlocks: Uint8Array
  /** Memory that the blocks of lists lie in. */
  readonly chunks: readonly Uint8Array[]
  /** Three numbers a list: its chunk, its first block in the chunk, its entries. */
  readonly extents: Uint32Array
}

/**
 * What a search needs of lists.
 *
 * @internal
 */
export type SearchedLists = Pick<
  RowLists,
  'space' | 'centroids' | 'centroidBlocks' | 'chunks' | 'extents'
>
