/** Memory of centroids, which every row jumps about in. */

import type { KernelProvider } from '../../contract/index.js'

/** Less than two huge pages of x86 and most ARM hardly have a whole one among them. */
const BYTES_MIN = 2 * 2 * 1024 * 1024

/**
 * Moves many centroids into huge pages, where kernels can and memory is shared. It changes no byte.
 *
 * @internal
 */
export async function collapseCentroids(
  { memory }: Pick<KernelProvider, 'memory'>,
  { buffer, byteOffset, byteLength }: Float32Array,
): Promise<void> {
  if (byteLength < BYTES_MIN) return
  await memory?.collapse(new Uint8Array(buffer, byteOffset, byteLength))
}
