/**
 * The kernels of a thread. Kernels cannot be sent to one, so it selects its own, and works only
 * with those that the database has: others could make other codes and find other rows.
 */

import type { KernelProvider, KernelProviderInfo } from '../contract/index.js'
import { selectKernels } from '../kernels/select.js'

/**
 * What a thread is told of the kernels of its database.
 *
 * @internal
 */
export type ThreadKernels = Pick<KernelProviderInfo, 'name' | 'isa'>

/**
 * Said by a thread that has other kernels than its database. It ends then.
 *
 * @internal
 */
export interface UnfitMessage {
  readonly kind: 'unfit'
  readonly reason: string
}

/**
 * Selects the kernels of the thread that calls.
 *
 * @param wanted - those of the database
 * @returns the same kernels; or what the thread is to say before it ends, where it has others
 * @internal
 */
export async function selectThreadKernels(
  wanted: ThreadKernels,
): Promise<{ readonly kind: 'fit'; readonly kernels: KernelProvider } | UnfitMessage> {
  const kernels = await selectKernels('auto')
  const { name, isa, reason } = kernels.info
  if (name === wanted.name && isa === wanted.isa) return { kind: 'fit', kernels }
  const message = `a thread has ${name} kernels for ${isa}, not ${wanted.name} for ${wanted.isa}`
  return { kind: 'unfit', reason: `${message}: ${reason}` }
}
