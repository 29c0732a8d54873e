/** Memory: how fast it is read and nothing else. */

import { performance } from 'node:perf_hooks'

const MEGABYTE = 1e6
/** What the memory is filled with, and what is looked for in it in vain. */
const [FILL, NEEDLE] = [1, 2]

/**
 * Memory to be read, touched page by page so that it is really there.
 *
 * @internal
 */
export function readableMemory(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength).fill(FILL)
}

/**
 * The speed of one read from end to end, in MB/s: `memchr` of the C library, which `Buffer` calls
 * for a byte, reads whole vectors and does no work to speak of on them. The first read of memory
 * that a core has not seen for long tells of the memory, later ones of the caches if it fits them.
 *
 * @param memory - from {@link readableMemory}
 * @throws Error when it has other bytes
 * @internal
 */
export function probeRead(memory: Uint8Array): number {
  const buffer = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength)
  const startMs = performance.now()
  const found = buffer.indexOf(NEEDLE)
  const seconds = (performance.now() - startMs) / 1000
  if (found >= 0) throw new Error(`byte ${found} of the memory is not what it was filled with`)
  return memory.byteLength / MEGABYTE / seconds
}
