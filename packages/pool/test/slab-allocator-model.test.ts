import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BACKING_KINDS, type Lease, PoolError, SlabAllocator } from '../src/index.js'
import { classBytes, sizeClassOf, unitSlabCount } from '../src/size-classes.js'

type Command =
  | { kind: 'allocate'; byteLength: number; alignment: number; zero: boolean }
  | { kind: 'release' | 'releaseAgain'; pick: number }
  | { kind: 'trim' }

interface LiveLease {
  readonly lease: Lease
  readonly classIndex: number
  readonly tag: number
}

const byteLengths = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 * 2 ** 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map(classBytes) },
)
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('allocate' as const),
      byteLength: byteLengths,
      alignment: fc.integer({ min: 0, max: 16 }).map((power) => 2 ** power),
      zero: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), pick: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('releaseAgain' as const), pick: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trim' as const) }) },
)

/** What the allocator should be like, worked out from the leases alone. */
class AllocatorModel {
  readonly #allocator: SlabAllocator
  readonly #idleBytesMax: number
  readonly #live: LiveLease[] = []
  readonly #released: Lease[] = []
  #allocations = 0
  #peakLeasedBytes = 0

  constructor(allocator: SlabAllocator, idleBytesMax: number) {
    this.#allocator = allocator
    this.#idleBytesMax = idleBytesMax
  }

  apply(command: Command): void {
    if (command.kind === 'allocate') this.#allocate(command)
    else if (command.kind === 'trim') this.#trim()
    else if (command.kind === 'release') this.#release(command.pick)
    else this.#releaseAgain(command.pick)
    this.#checkLeases()
    this.#checkStats()
  }

  #allocate({ byteLength, alignment, zero }: Command & { kind: 'allocate' }): void {
    const classIndex = sizeClassOf(byteLength, alignment)
    let lease: Lease
    try {
      lease = this.#allocator.allocate(byteLength, { alignment, zero })
    } catch (error) {
      expect(error).toBeInstanceOf(PoolError)
      expect((error as PoolError).code).toBe('SLUICE_LIMIT_EXCEEDED')
      this.#checkRefusal(classIndex)
      return
    }
    expect(lease.bytes.length).toBe(byteLength)
    expect(lease.bytes.byteOffset % alignment).toBe(0)
    if (zero) expect(lease.bytes.every((byte) => byte === 0)).toBe(true)
    this.#allocations += 1
    const tag = 1 + (this.#allocations % 255)
    lease.bytes.fill(tag)
    this.#live.push({ lease, classIndex, tag })
    this.#peakLeasedBytes = Math.max(this.#peakLeasedBytes, this.#leasedBytes())
  }

  /** A refusal is right only if no slab of the class is free and no region can be had. */
  #checkRefusal(classIndex: number): void {
    const bytes = classBytes(classIndex)
    const ofClass = this.#live.filter((live) => live.classIndex === classIndex)
    expect(bytesOf(buffersOf(ofClass))).toBe(ofClass.length * bytes)
    const neededBytes = bytesOf(buffersOf(this.#live)) + unitSlabCount(classIndex) * bytes
    expect(neededBytes).toBeGreaterThan(this.#allocator.bytesMax)
  }

  #release(pick: number): void {
    for (const { lease, tag } of this.#live.splice(pick % Math.max(1, this.#live.length), 1)) {
      expect(lease.bytes.every((byte) => byte === tag)).toBe(true)
      lease.release()
      this.#released.push(lease)
    }
  }

  #releaseAgain(pick: number): void {
    const lease = this.#released[pick % Math.max(1, this.#released.length)]
    if (lease === undefined) return
    const twice = expect.objectContaining({ code: 'SLUICE_DOUBLE_RELEASE' })
    expect(() => lease.release()).toThrow(twice)
    expect(() => lease.bytes).toThrow(twice)
  }

  #trim(): void {
    const before = this.#allocator.stats().reservedBytes
    const trimmedBytes = this.#allocator.trim()
    const reservedBytes = bytesOf(buffersOf(this.#live))
    expect(this.#allocator.stats().reservedBytes).toBe(reservedBytes)
    expect(trimmedBytes).toBe(before - reservedBytes)
  }

  /** No two leases overlap, not even in the bytes their classes round up to. */
  #checkLeases(): void {
    const ends = new Map<ArrayBufferLike, number>()
    const byOffset = this.#live.toSorted(
      (a, b) => a.lease.bytes.byteOffset - b.lease.bytes.byteOffset,
    )
    for (const { lease, classIndex, tag } of byOffset) {
      const { buffer, byteOffset } = lease.bytes
      expect(byteOffset).toBeGreaterThanOrEqual(ends.get(buffer) ?? 0)
      ends.set(buffer, byteOffset + classBytes(classIndex))
      expect(byteOffset + classBytes(classIndex)).toBeLessThanOrEqual(buffer.byteLength)
      expect(lease.bytes[0]).toBe(tag)
      expect(lease.bytes.at(-1)).toBe(tag)
    }
  }

  #checkStats(): void {
    const stats = this.#allocator.stats()
    expect(stats.leasedBytes).toBe(this.#leasedBytes())
    expect(stats.leaseCount).toBe(this.#live.length)
    expect(stats.allocations).toBe(this.#allocations)
    expect(stats.peakLeasedBytes).toBe(this.#peakLeasedBytes)
    expect(stats.reservedBytes).toBe(stats.leasedBytes + stats.idleBytes)
    expect(stats.reservedBytes).toBeLessThanOrEqual(stats.bytesMax)
    const wholeIdleBytes = stats.reservedBytes - bytesOf(buffersOf(this.#live))
    expect(wholeIdleBytes).toBeGreaterThanOrEqual(0)
    expect(wholeIdleBytes).toBeLessThanOrEqual(this.#idleBytesMax)
  }

  #leasedBytes(): number {
    return this.#live.reduce((sum, { classIndex }) => sum + classBytes(classIndex), 0)
  }
}

function buffersOf(live: readonly LiveLease[]): ReadonlySet<ArrayBufferLike> {
  return new Set(live.map(({ lease }) => lease.bytes.buffer))
}

function bytesOf(buffers: ReadonlySet<ArrayBufferLike>): number {
  let bytes = 0
  for (const buffer of buffers) bytes += buffer.byteLength
  return bytes
}

describe('SlabAllocator against a model', () => {
  const limits = fc.oneof(
    fc.integer({ min: 1, max: 12 * 2 ** 20 }),
    fc.integer({ min: 1, max: 64 * 2 ** 20 }),
  )
  const sequences = fc.array(commands, { maxLength: 60, size: 'max' })

  it.each(BACKING_KINDS)('agrees after any sequence of commands on %s', (backing) => {
    fc.assert(
      fc.property(limits, limits, sequences, (bytesMax, idleBytesMax, sequence) => {
        const allocator = new SlabAllocator({ bytesMax, idleBytesMax, backing })
        const model = new AllocatorModel(allocator, idleBytesMax)
        for (const command of sequence) model.apply(command)
      }),
      { numRuns: 60 },
    )
  })
})
