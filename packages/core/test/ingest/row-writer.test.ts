import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { copyRows } from '../../src/ingest/row-writer.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'

const STRIDE = 128
const ROWS_PER_SEGMENT = 32

describe('copyRows', () => {
  it('gives the checksum of the whole, and of the part in each segment', async () => {
    const allocator = new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' })
    const store = new MemoryVectorStore({
      allocator,
      stride: STRIDE,
      segmentBytes: 8192,
      warn: () => undefined,
    })
    expect(store.rowsPerSegment).toBe(ROWS_PER_SEGMENT)
    const copy = (source: Uint8Array) =>
      copyRows(
        {
          kernels: scalarKernels,
          store,
          dtype: 'float32',
          dimension: STRIDE / 4,
          describeBadRow: (row) => new Error(`row ${row}`),
          checkpoint: () => undefined,
        },
        { rowCount: source.length / STRIDE, source },
      )
    const rowsOf = (count: number): Uint8Array =>
      new Uint8Array(Float32Array.from({ length: (count * STRIDE) / 4 }, (_, i) => i).buffer)
    await copy(rowsOf(10))
    const source = rowsOf(60)
    const { rowBase, crc, spans } = await copy(source)
    const part = (from: number, to: number): number =>
      scalarKernels.crc32c(source.subarray(from * STRIDE, to * STRIDE))
    expect(rowBase).toBe(10)
    expect(crc).toBe(scalarKernels.crc32c(source))
    expect(spans).toEqual([
      { rowCount: 22, crc: part(0, 22) },
      { rowCount: 32, crc: part(22, 54) },
      { rowCount: 6, crc: part(54, 60) },
    ])
    await store.close()
  })
})
