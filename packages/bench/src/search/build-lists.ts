/** The build of the index, on demand. */

import { performance } from 'node:perf_hooks'
import type { Collection } from '@sluice/core'

/**
 * Builds the lists of a collection.
 *
 * @returns seconds
 * @internal
 */
export async function buildLists(collection: Collection): Promise<number> {
  const startMs = performance.now()
  await collection.optimize()
  return (performance.now() - startMs) / 1000
}
