/** Rows whose place among others is plain to see. */

import { SlabAllocator } from '@sluice/pool'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'

export const DIMENSION = 32

/** Rows 0, 1, 2 … in segments of 32, each with its number in every dimension. */
export async function numberedRows(rowCount: number): Promise<MemoryVectorStore> {
  const allocator = new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' })
  const warn = (): void => undefined
  const options = { allocator, stride: 4 * DIMENSION, segmentBytes: 8192, warn }
  const store = new MemoryVectorStore(options)
  for (const span of await store.claim(rowCount)) {
    const { row, bytes } = span
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, span.rowCount * DIMENSION)
    values.forEach((_, i) => {
      values[i] = row + Math.floor(i / DIMENSION)
    })
  }
  store.seal(store.rowCount)
  await store.flush(store.rowCount)
  return store
}
