import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BufferLease,
  BufferPool,
  classBytes,
  SlabAllocator,
  sizeClassOf,
} from '../src/index.js'
import { collectGarbageUntil } from './collect-garbage.js'

const MIB = 1024 * 1024
const doubleRelease = expect.objectContaining({ code: 'SLUICE_DOUBLE_RELEASE' })

function poolOf(bytesMax: number, debug = false): { pool: BufferPool; allocator: SlabAllocator } {
  const allocator = new SlabAllocator({ bytesMax, backing: 'heap' })
  return { pool: new BufferPool({ allocator, debug }), allocator }
}

describe('BufferPool', () => {
  it('keeps the bytes until the last holder has released', () => {
    const { pool, allocator } = poolOf(4 * MIB)
    const owner = pool.lease(MIB)
    const inFlight = owner.retain()
    owner.bytes[0] = 42
    owner.release()
    expect(owner.released).toBe(true)
    expect(inFlight.released).toBe(false)
    expect(inFlight.bytes[0]).toBe(42)
    expect(allocator.stats().leasedBytes).toBe(MIB)
    inFlight.release()
    expect(allocator.stats().leasedBytes).toBe(0)
    expect(pool.stats()).toEqual({
      bufferCount: 0,
      heldBytes: 0,
      holderCount: 0,
      leases: 1,
      retains: 1,
    })
  })

  it('does not let one holder release the hold of another', () => {
    const { pool } = poolOf(4 * MIB)
    const owner = pool.lease(10)
    const inFlight = owner.retain()
    owner.release()
    expect(() => owner.release()).toThrow(doubleRelease)
    expect(() => owner.retain()).toThrow(doubleRelease)
    expect(() => owner.bytes).toThrow(doubleRelease)
    expect(inFlight.bytes.length).toBe(10)
    expect(pool.stats()).toMatchObject({ bufferCount: 1, heldBytes: 10, holderCount: 1 })
  })

  it('writes a file from a buffer whose owner has already let go', async () => {
    const path = join(tmpdir(), `sluice-pool-${process.pid}.bin`)
    const { pool } = poolOf(MIB)
    const owner = pool.lease(8192)
    owner.bytes.fill(9)
    const file = await open(path, 'w+')
    try {
      const inFlight = owner.retain()
      const writing = file.write(inFlight.bytes).finally(() => inFlight.release())
      owner.release()
      const other = pool.lease(8192)
      other.bytes.fill(1)
      await writing
      const { buffer } = await file.read(Buffer.alloc(8192), 0, 8192, 0)
      expect(buffer.every((byte) => byte === 9)).toBe(true)
    } finally {
      await file.close()
      await rm(path)
    }
  })

  it('keeps no more idle bytes than its allocator allows', () => {
    const allocator = new SlabAllocator({ bytesMax: 8 * MIB, idleBytesMax: MIB, backing: 'heap' })
    const pool = new BufferPool({ allocator })
    const leases = [pool.lease(MIB), pool.lease(MIB), pool.lease(MIB)]
    for (const lease of leases) lease.release()
    expect(allocator.stats()).toMatchObject({ idleBytes: MIB, reservedBytes: MIB })
  })

  it('reports the holder that was collected without release', async () => {
    const { pool } = poolOf(MIB, true)
    const owner = pool.lease(5000)
    function forgetToRelease(): void {
      owner.retain()
    }
    forgetToRelease()
    await collectGarbageUntil(() => pool.leaks().length > 0)
    expect(pool.leaks()).toEqual([
      {
        byteLength: 5000,
        allocatedAt: expect.stringContaining('forgetToRelease'),
        state: 'collected',
      },
    ])
    owner.release()
    expect(pool.stats().bufferCount).toBe(1)
  })

  it('counts holders exactly and never shares bytes between buffers', () => {
    const step = fc.record({
      kind: fc.constantFrom('lease', 'retain', 'release'),
      pick: fc.nat(),
      byteLength: fc.integer({ min: 1, max: 20_000 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { pool, allocator } = poolOf(64 * MIB)
        const held: { lease: BufferLease; tag: number }[] = []
        let tag = 0
        for (const { kind, pick, byteLength } of steps) {
          const chosen = held[pick % Math.max(1, held.length)]
          if (kind === 'lease' || chosen === undefined) {
            tag = (tag + 1) % 256
            const lease = pool.lease(byteLength)
            lease.bytes.fill(tag)
            held.push({ lease, tag })
          } else if (kind === 'retain') {
            held.push({ lease: chosen.lease.retain(), tag: chosen.tag })
          } else {
            chosen.lease.release()
            held.splice(held.indexOf(chosen), 1)
          }
          const buffers = new Set(held.map(({ lease }) => lease.bytes))
          let leasedBytes = 0
          for (const bytes of buffers) leasedBytes += classBytes(sizeClassOf(bytes.length))
          expect(pool.stats()).toMatchObject({
            holderCount: held.length,
            bufferCount: buffers.size,
          })
          expect(allocator.stats().leasedBytes).toBe(leasedBytes)
          for (const { lease, tag: expected } of held) {
            expect(lease.bytes[0]).toBe(expected)
            expect(lease.bytes.at(-1)).toBe(expected)
          }
        }
      }),
    )
  })
})
