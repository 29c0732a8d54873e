/** The build of the index, on demand. */

import { performance } from 'node:perf_hooks'
import type { Collection } from '@sluice/core'

/**
 * Builds the lists of a collection.
 *
 * @returns seconds; undefined where there are no lists to build
 * @internal
 */
export async function buildLists(
  collection: Collection & { optimize?(): Promise<void> },
): Promise<number | undefined> {
  if (collection.optimize === undefined) return undefined
  const startMs = performance.now()
  await collection.optimize()
  return (performance.now() - startMs) / 1000
}
