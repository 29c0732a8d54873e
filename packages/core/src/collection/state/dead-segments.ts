/** Which segments nobody needs any more. */

import { hasAlive } from '../rows/alive-words.js'
import type { CollectionState } from './collection-state.js'

/**
 * Full segments that have no alive row and still have their memory.
 *
 * @internal
 */
export function deadSegments(state: CollectionState): number[] {
  const { store, alive, visibleRows, freedSegments } = state
  const fullCount = Math.ceil(visibleRows / store.rowsPerSegment) - 1
  const dead: number[] = []
  for (let index = 0; index < fullCount; index++) {
    if (!freedSegments.has(index) && !hasAlive(alive.segmentWords(index))) dead.push(index)
  }
  return dead
}
