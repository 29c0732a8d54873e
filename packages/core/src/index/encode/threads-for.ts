/** How many threads encode rows. */

import { availableParallelism } from 'node:os'
import type { KernelProviderInfo } from '../../contract/index.js'
import type { IngestWorkers } from '../../ingest-settings.js'

/** More do not pay: one thread fills them all with rows. */
const THREADS_AUTO_MAX = 2

/**
 * How many threads encode rows, and why none.
 *
 * @param cores - what runs at once here
 * @internal
 */
export function threadsFor(
  workers: IngestWorkers,
  { name }: Pick<KernelProviderInfo, 'name'>,
  cores: number = availableParallelism(),
): { readonly threadsMax: number; readonly inlineReason: string | undefined } {
  if (workers !== 'auto') {
    return {
      threadsMax: workers,
      inlineReason: workers === 0 ? '`ingestWorkers` is 0' : undefined,
    }
  }
  if (name !== 'scalar')
    return { threadsMax: 0, inlineReason: `${name} kernels encode fast enough` }
  const threadsMax = Math.min(THREADS_AUTO_MAX, cores - 1)
  return { threadsMax, inlineReason: threadsMax === 0 ? 'there is one core' : undefined }
}
