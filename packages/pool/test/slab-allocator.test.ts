import { describe, expect, it } from 'vitest'
import { BACKING_KINDS, PoolError, SlabAllocator } from '../src/index.js'
import { collectGarbageUntil } from './collect-garbage.js'

const KIB = 1024
const MIB = 1024 * KIB

/** The PoolError that a call throws. */
function poolErrorOf(call: () => unknown): PoolError {
  try {
    call()
  } catch (error) {
    if (error instanceof PoolError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe.each(BACKING_KINDS)('SlabAllocator on %s', (backing) => {
  it('leases a view of exactly the bytes asked for, and counts the whole class', () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    const lease = allocator.allocate(5000, { alignment: 64 })
    expect(lease.bytes.length).toBe(5000)
    expect(lease.byteLength).toBe(5000)
    expect(lease.bytes.byteOffset % 64).toBe(0)
    expect(lease.shared).toBe(backing !== 'heap')
    expect(allocator.stats()).toEqual({
      backing,
      bytesMax: 64 * MIB,
      leasedBytes: 5 * KIB,
      idleBytes: 1275 * KIB,
      reservedBytes: 1280 * KIB,
      leaseCount: 1,
      allocations: 1,
      recycled: 0,
      fallbacks: 0,
      peakLeasedBytes: 5 * KIB,
    })
  })

  it('recycles a released slab, zeroed only on demand', () => {
    const allocator = new SlabAllocator({ bytesMax: 8 * MIB, backing })
    const first = allocator.allocate(2 * MIB)
    const { bytes } = first
    bytes.fill(7)
    first.release()
    const second = allocator.allocate(2 * MIB)
    expect(second.bytes.buffer).toBe(bytes.buffer)
    expect(second.bytes[0]).toBe(7)
    second.release()
    const third = allocator.allocate(2 * MIB - 100, { zero: true })
    expect(third.bytes.buffer).toBe(bytes.buffer)
    expect(third.bytes.every((byte) => byte === 0)).toBe(true)
    expect(allocator.stats()).toMatchObject({ recycled: 2, allocations: 3, leaseCount: 1 })
  })

  it('refuses a second release, and the bytes after release', () => {
    const allocator = new SlabAllocator({ bytesMax: 8 * MIB, backing })
    const lease = allocator.allocate(100)
    expect(lease.released).toBe(false)
    lease.release()
    expect(lease.released).toBe(true)
    expect(poolErrorOf(() => lease.release()).code).toBe('SLUICE_DOUBLE_RELEASE')
    expect(poolErrorOf(() => lease.bytes).code).toBe('SLUICE_DOUBLE_RELEASE')
    expect(allocator.stats()).toMatchObject({ leaseCount: 0, leasedBytes: 0 })
  })

  it('refuses what exceeds the limit, names the numbers, and keeps working', () => {
    const allocator = new SlabAllocator({ bytesMax: 4 * MIB, backing })
    const lease = allocator.allocate(3 * MIB)
    const error = poolErrorOf(() => allocator.allocate(2 * MIB))
    expect(error.code).toBe('SLUICE_LIMIT_EXCEEDED')
    expect(error.details).toEqual({
      asked: 2 * MIB,
      needed: 2 * MIB,
      leased: 3 * MIB,
      reserved: 3 * MIB,
      limit: 4 * MIB,
    })
    for (const number of [2 * MIB, 3 * MIB, 4 * MIB]) expect(error.message).toContain(`${number}`)
    lease.release()
    expect(allocator.allocate(2 * MIB).byteLength).toBe(2 * MIB)
  })

  it('drops idle memory of other classes before it refuses, but only if that helps', () => {
    const allocator = new SlabAllocator({ bytesMax: 4 * MIB, backing })
    allocator.allocate(3 * MIB).release()
    expect(allocator.stats().idleBytes).toBe(3 * MIB)
    expect(poolErrorOf(() => allocator.allocate(5 * MIB)).code).toBe('SLUICE_LIMIT_EXCEEDED')
    expect(allocator.stats().idleBytes).toBe(3 * MIB)
    allocator.allocate(4 * MIB)
    expect(allocator.stats()).toMatchObject({ leasedBytes: 4 * MIB, idleBytes: 0 })
  })

  it('takes a smaller region when a full one does not fit under the limit', () => {
    const allocator = new SlabAllocator({ bytesMax: 130 * KIB, backing })
    const leases = Array.from({ length: 32 }, () => allocator.allocate(4096))
    expect(allocator.stats()).toMatchObject({ reservedBytes: 128 * KIB, idleBytes: 0 })
    expect(poolErrorOf(() => allocator.allocate(1)).code).toBe('SLUICE_LIMIT_EXCEEDED')
    for (const lease of leases) lease.release()
    expect(allocator.trim()).toBe(128 * KIB)
  })

  it('leaves room for other classes under a small limit', () => {
    const allocator = new SlabAllocator({ bytesMax: MIB, backing })
    const leases = [4, 8, 12, 16, 32].map((kib) => allocator.allocate(kib * KIB))
    expect(leases.map(({ byteLength }) => byteLength / KIB)).toEqual([4, 8, 12, 16, 32])
  })

  it('trims only regions without a lease', () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    const small = allocator.allocate(4096)
    const neighbour = allocator.allocate(4096)
    allocator.allocate(MIB).release()
    neighbour.release()
    expect(allocator.trim()).toBe(MIB)
    expect(allocator.stats()).toMatchObject({ leasedBytes: 4096, idleBytes: MIB - 4096 })
    small.release()
    expect(allocator.trim()).toBe(MIB)
    expect(allocator.stats().reservedBytes).toBe(0)
  })

  it('keeps no more wholly idle regions than idleBytesMax', () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, idleBytesMax: 2 * MIB, backing })
    const leases = Array.from({ length: 5 }, () => allocator.allocate(MIB))
    for (const lease of leases) lease.release()
    expect(allocator.stats()).toMatchObject({ idleBytes: 2 * MIB, reservedBytes: 2 * MIB })
  })

  it('reserves idle slabs that later allocations get, without counting twice', async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    await allocator.reserve(4 * MIB, 3, { alignment: 4096 })
    await allocator.reserve(4 * MIB, 2)
    await allocator.reserve(4 * MIB, 0)
    expect(allocator.stats()).toMatchObject({ idleBytes: 12 * MIB, reservedBytes: 12 * MIB })
    const lease = allocator.allocate(4 * MIB, { alignment: 4096 })
    expect(allocator.stats()).toMatchObject({ reservedBytes: 12 * MIB, recycled: 0 })
    expect(lease.bytes.every((byte) => byte === 0)).toBe(true)
    await allocator.close()
  })

  it('leases a slab that is still being reserved, once', async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    const reserving = allocator.reserve(MIB, 2)
    const first = allocator.allocate(MIB)
    await reserving
    const leases = [first, allocator.allocate(MIB), allocator.allocate(MIB)]
    expect(new Set(leases.map(({ bytes }) => bytes.buffer)).size).toBe(3)
    await allocator.close()
  })

  it('stops reserving at the limit and keeps what it has made', async () => {
    const allocator = new SlabAllocator({ bytesMax: 3 * MIB, backing })
    await expect(allocator.reserve(MIB, 4)).rejects.toMatchObject({
      code: 'SLUICE_LIMIT_EXCEEDED',
    })
    expect(allocator.stats()).toMatchObject({ idleBytes: 3 * MIB, leasedBytes: 0 })
    await allocator.close()
  })

  it('closes: no more allocations, leases stay valid and give their memory back', async () => {
    const allocator = new SlabAllocator({ bytesMax: 8 * MIB, backing })
    const lease = allocator.allocate(MIB)
    allocator.allocate(2 * MIB).release()
    await allocator.close()
    await allocator.close()
    expect(allocator.stats().reservedBytes).toBe(MIB)
    expect(poolErrorOf(() => allocator.allocate(1)).code).toBe('SLUICE_CLOSED')
    await expect(allocator.reserve(1, 1)).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await expect(allocator.prefault(lease)).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    lease.bytes[0] = 1
    lease.release()
    expect(allocator.stats().reservedBytes).toBe(0)
  })
})

describe('SlabAllocator arguments', () => {
  const allocator = new SlabAllocator({ bytesMax: MIB, backing: 'heap' })
  const invalid = expect.objectContaining({ code: 'SLUICE_INVALID_ARGUMENT' })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32 + 1, '8', null])(
    'refuse %s bytes',
    (byteLength) => {
      expect(() => allocator.allocate(byteLength as number)).toThrow(invalid)
      expect(allocator.stats()).toMatchObject({ allocations: 0, reservedBytes: 0 })
    },
  )

  it.each([0, 3, -8, 0.5, 2 ** 17, '64'])('refuse an alignment of %s', (alignment) => {
    expect(() => allocator.allocate(8, { alignment: alignment as number })).toThrow(invalid)
  })

  it.each([
    { bytesMax: 0 },
    { bytesMax: Number.NaN },
    { bytesMax: 1, idleBytesMax: -1 },
    { bytesMax: 1, backing: 'mmap' as 'heap' },
  ])('refuse the options %o', (options) => {
    expect(() => new SlabAllocator(options)).toThrow(invalid)
  })

  it('refuse a count of slabs below 0', async () => {
    await expect(allocator.reserve(8, -1)).rejects.toThrow(invalid)
  })
})

describe('SlabAllocator in debug mode', () => {
  it('reports a lease that was collected without release, where it was allocated', async () => {
    const allocator = new SlabAllocator({ bytesMax: MIB, backing: 'heap', debug: true })
    const kept = allocator.allocate(100)
    function forgetToRelease(): void {
      allocator.allocate(5000)
    }
    forgetToRelease()
    allocator.allocate(300).release()
    await collectGarbageUntil(() => allocator.leaks().length > 0)
    expect(allocator.leaks()).toEqual([
      {
        byteLength: 5000,
        allocatedAt: expect.stringContaining('forgetToRelease'),
        state: 'collected',
      },
    ])
    expect(allocator.stats().leaseCount).toBe(2)
    kept.release()
  })

  it('reports the leases still held when it is closed', async () => {
    const allocator = new SlabAllocator({ bytesMax: MIB, backing: 'heap', debug: true })
    const lease = allocator.allocate(100)
    expect(allocator.leaks()).toEqual([])
    await allocator.close()
    expect(allocator.leaks()).toMatchObject([{ byteLength: 100, state: 'outstanding' }])
    lease.release()
    expect(allocator.leaks()).toEqual([])
  })
})
