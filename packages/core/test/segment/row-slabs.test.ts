import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import type { AllocateOptions, Allocator, Lease } from '../../src/contract/index.js'
import { RowSlabs } from '../../src/segment/row-slabs.js'

const MIB = 1024 * 1024
const LAYOUT = { segmentBytes: MIB, stride: 1000, rowsPerSegment: 1024, headerBytes: 4096 }

/** An allocator that notes what it was asked for. */
class Recorder implements Allocator {
  readonly bytesMax: number
  readonly prefaulted: Lease[] = []
  readonly asked: (AllocateOptions | undefined)[] = []
  readonly #allocator: SlabAllocator
  prefaultError: Error | undefined

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
    this.#allocator = new SlabAllocator({ bytesMax, backing: 'shared' })
  }

  allocate(byteLength: number, options?: AllocateOptions): Lease {
    this.asked.push(options)
    const lease = this.#allocator.allocate(byteLength, options)
    lease.bytes.fill(0xaa)
    return lease
  }

  async prefault(lease: Lease): Promise<void> {
    this.prefaulted.push(lease)
    if (this.prefaultError) throw this.prefaultError
  }

  stats(): ReturnType<Allocator['stats']> {
    return this.#allocator.stats()
  }
}

function make(bytesMax: number): { rows: RowSlabs; allocator: Recorder; warnings: string[] } {
  const allocator = new Recorder(bytesMax)
  const warnings: string[] = []
  const rows = new RowSlabs(allocator, LAYOUT, ({ code }) => warnings.push(code))
  return { rows, allocator, warnings }
}

describe('RowSlabs', () => {
  it('asks for memory that starts on a page, and clears what lies behind the rows', () => {
    const { rows, allocator } = make(8 * MIB)
    rows.claim(1)
    expect(allocator.asked).toEqual([{ alignment: 4096 }])
    const end = LAYOUT.headerBytes + LAYOUT.stride * LAYOUT.rowsPerSegment
    const behind = rows.image(0).subarray(end)
    expect(behind.byteLength).toBeGreaterThan(0)
    expect(behind.every((byte) => byte === 0)).toBe(true)
  })

  it('gives back the slab that it prepared, once, and takes none again until it must', () => {
    const { rows, allocator } = make(8 * MIB)
    rows.claim(600)
    expect(allocator.stats().leaseCount).toBe(2)
    expect(rows.trim()).toBe(true)
    expect(allocator.stats().leaseCount).toBe(1)
    rows.claim(100)
    expect(rows.trim()).toBe(false)
    expect(allocator.stats().leaseCount).toBe(1)
    rows.claim(400)
    expect(rows.segment(1).rowBase).toBe(1024)
  })

  it('keeps a prepared slab whose rows were claimed, even if they were given back', () => {
    const { rows, allocator } = make(8 * MIB)
    rows.claim(600)
    rows.claim(1000)
    rows.rewind(600)
    const { leaseCount } = allocator.stats()
    expect(rows.trim()).toBe(leaseCount === 3)
    expect(rows.segment(1).rowBase).toBe(1024)
  })

  it('prepares the second slab when half of the first is claimed, then one ahead', () => {
    const { rows, allocator } = make(8 * MIB)
    rows.claim(511)
    expect(allocator.asked).toHaveLength(1)
    rows.claim(1)
    expect(allocator.asked).toHaveLength(2)
    expect(allocator.prefaulted).toHaveLength(1)
    rows.claim(511)
    expect(allocator.asked).toHaveLength(2)
    rows.claim(1)
    expect(allocator.asked).toHaveLength(3)
    rows.claim(1024)
    expect(allocator.asked).toHaveLength(4)
  })

  it('goes on without the next slab where there is no room for it, until it is needed', () => {
    const { rows, allocator } = make(MIB)
    rows.claim(600)
    rows.claim(424)
    expect(rows.rowCount).toBe(1024)
    expect(() => rows.claim(1)).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_EXCEEDED' }))
    expect(rows.rowCount).toBe(1024)
    expect(allocator.stats().leaseCount).toBe(1)
  })

  it('claims and reserves all or nothing', async () => {
    const { rows, allocator } = make(3 * MIB)
    const exceeded = expect.objectContaining({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(() => rows.claim(4 * 1024)).toThrow(exceeded)
    await expect(rows.reserve(4 * 1024)).rejects.toThrow(exceeded)
    expect(rows.rowCount).toBe(0)
    expect(allocator.stats().leaseCount).toBe(0)
    await rows.reserve(3 * 1024)
    expect(allocator.prefaulted).toHaveLength(3)
    rows.claim(3 * 1024)
    expect(allocator.stats().leaseCount).toBe(3)
  })

  it('warns once, and goes on, when memory cannot be brought in ahead', async () => {
    const { rows, allocator, warnings } = make(8 * MIB)
    allocator.prefaultError = new Error('no threads')
    await rows.reserve(3 * 1024)
    expect(warnings).toEqual(['SLUICE_WARN_PREFAULT'])
    expect(rows.claim(1)).toHaveLength(1)
  })

  it('keeps the memory of rows given back', () => {
    const { rows, allocator } = make(8 * MIB)
    rows.claim(2000)
    rows.seal(2000)
    rows.rewind(10)
    expect([rows.rowCount, rows.sealedRow]).toEqual([10, 10])
    rows.claim(1990)
    expect(allocator.stats().leaseCount).toBe(allocator.asked.length)
    rows.release()
    expect(allocator.stats().leaseCount).toBe(0)
  })
})
