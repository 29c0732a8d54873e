/** Some of the lists of an index, as lists of their own. */

import { BLOCK_ROWS } from '../code-layout.js'
import type { CodeLists } from '../contract/index.js'
import { EXTENT_NUMBERS } from './list-places.js'

/**
 * Lists `from` to `to - 1`.
 *
 * @param range - `from`: a multiple of 32, as the codes of centroids are in blocks
 * @internal
 */
export function partOfLists(
  { centroids, blocks, extents }: CodeLists,
  { from, to }: { readonly from: number; readonly to: number },
): CodeLists {
  const listCount = extents.length / EXTENT_NUMBERS
  const elements = centroids.length / listCount
  const blockBytes = blocks.byteLength / Math.ceil(listCount / BLOCK_ROWS)
  const blockAt = (list: number): number => Math.ceil(list / BLOCK_ROWS) * blockBytes
  return {
    centroids: centroids.subarray(from * elements, to * elements),
    blocks: blocks.subarray(blockAt(from), blockAt(to)),
    extents: extents.subarray(EXTENT_NUMBERS * from, EXTENT_NUMBERS * to),
  }
}
