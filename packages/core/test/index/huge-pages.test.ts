/** Which memory is moved into huge pages, and that searches go on as before. */

import { describe, expect, it } from 'vitest'
import { HugePages } from '../../src/index/huge-pages.js'
import type { KernelProvider, MemoryHelpers } from '../../src/index.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { IndexedRows } from '../search/indexed-rows.js'
import { makeRows, Numbers, VECTOR_SETS } from '../search/vector-sets.js'

const SCHEMA = { dtype: 'float32', dimension: 64, metric: 'cosine' } as const
/** A little more than two segments. */
const ROWS = 9000

/** Kernels that say what they were asked to move. */
function watching(): { readonly kernels: KernelProvider; readonly moved: Uint8Array[] } {
  const moved: Uint8Array[] = []
  const memory: MemoryHelpers = {
    adviseHugePages: () => false,
    prefault: async () => undefined,
    collapse: async (bytes) => void moved.push(bytes),
    addressOffset: () => 0,
  }
  return { kernels: { ...scalarKernels, memory }, moved }
}

function vectorsFor(rowCount: number): Float32Array {
  const request = { rowCount, width: SCHEMA.dimension, numbers: new Numbers(1) }
  return Float32Array.from(makeRows(VECTOR_SETS.clustered(), request))
}

async function filled(kernels: KernelProvider): Promise<IndexedRows> {
  const rows = await IndexedRows.create(SCHEMA, kernels)
  await rows.add(vectorsFor(ROWS))
  await rows.optimize()
  return rows
}

describe('huge pages', () => {
  it('are for lists and the segments that are whole in them, each once', async () => {
    const { kernels, moved } = watching()
    const rows = await filled(kernels)
    await rows.maintain()
    const { set } = rows.index
    const { chunks, centroidBlocks } = set!.lists
    const whole = Math.floor(set!.lists.rowCount / rows.store.rowsPerSegment)
    expect(whole).toBe(2)
    expect(moved.map(({ byteLength }) => byteLength)).toEqual([
      set!.lists.centroids.byteLength,
      centroidBlocks.byteLength,
      ...chunks.map(({ byteLength }) => byteLength),
      ...[0, 1].map((segment) => rows.store.segment(segment).bytes.byteLength),
    ])
    expect(moved.slice(-2).map(({ buffer }) => buffer)).toEqual(
      [0, 1].map((segment) => rows.store.segment(segment).bytes.buffer),
    )
    const count = moved.length
    await rows.maintain()
    expect(moved.length).toBe(count)
  })

  it('are for new lists too, and for rows that came in since', async () => {
    const { kernels, moved } = watching()
    const rows = await filled(kernels)
    await rows.maintain()
    const before = moved.length
    await rows.add(vectorsFor(ROWS))
    await rows.optimize()
    await rows.maintain()
    const { chunks } = rows.index.set!.lists
    // Two more segments, and more than a quarter of the fifth.
    expect(Math.floor((4 * rows.index.set!.lists.rowCount) / rows.store.rowsPerSegment)).toBe(17)
    expect(moved.length - before).toBe(2 + chunks.length + 3)
  })

  it('are for the last segment once a quarter of it, and another one, is in lists', async () => {
    const { kernels, moved } = watching()
    const rows = await filled(kernels)
    const { store, index } = rows
    const { rowsPerSegment, stride } = store
    const pages = new HugePages(kernels, store)
    const quarter = rowsPerSegment / 4
    const rowsMovedWith = async (rowCount: number): Promise<number[]> => {
      const set = Object.create(index.set!, { lists: { value: { ...index.set!.lists, rowCount } } })
      moved.length = 0
      while (await pages.moveNext({ set, isFreed: () => false }))
        expect(moved.length).toBeLessThan(9)
      const ofRows = moved.filter(({ buffer }) => buffer === store.segment(0).bytes.buffer)
      return ofRows.map(({ byteLength }) => byteLength / stride)
    }
    expect(await rowsMovedWith(quarter - 32)).toEqual([])
    expect(await rowsMovedWith(quarter)).toEqual([quarter])
    expect(await rowsMovedWith(2 * quarter - 32)).toEqual([])
    expect(await rowsMovedWith(3 * quarter)).toEqual([3 * quarter])
    expect(await rowsMovedWith(rowsPerSegment)).toEqual([rowsPerSegment])
    expect(await rowsMovedWith(rowsPerSegment)).toEqual([])
  })

  it('are not asked for memory that was given back, or without lists', async () => {
    const { kernels, moved } = watching()
    const rows = await filled(kernels)
    const pages = new HugePages(kernels, rows.store)
    const { set } = rows.index
    const index = { set, isFreed: (segment: number) => segment === 0 }
    while (await pages.moveNext(index)) expect(moved.length).toBeLessThan(100)
    expect(moved.length).toBe(2 + set!.lists.chunks.length + 1)
    expect(await pages.moveNext({ ...index, set: undefined })).toBe(false)
    expect(await new HugePages(scalarKernels, rows.store).moveNext(index)).toBe(false)
  })
})
