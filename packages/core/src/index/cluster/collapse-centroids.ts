/** Memory of centroids, which every row jumps about in. */

import type { KernelProvider } from '../../contract/index.js'

/**
 * Moves centroids into huge pages, where kernels can and memory is shared. It changes no byte.
 *
 * @internal
 */
export async function collapseCentroids(
  { memory }: Pick<KernelProvider, 'memory'>,
  { buffer, byteOffset, byteLength }: Float32Array,
): Promise<void> {
  await memory?.collapse(new Uint8Array(buffer, byteOffset, byteLength))
}
