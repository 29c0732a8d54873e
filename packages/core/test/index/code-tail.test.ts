import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { blockLayoutOf, codeDimensionOf } from '../../src/code-layout.js'
import type { Allocator } from '../../src/contract/index.js'
import { CodeTail } from '../../src/index/code-tail.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { rotationSigns } from '../../src/rotation-signs.js'
import type { StoredSchema } from '../../src/schema.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'
import { Numbers } from '../search/vector-sets.js'

const DIMENSION = 32
const STRIDE = 4 * DIMENSION
/** 480 rows a segment. */
const SEGMENT_BYTES = 64 * 1024
const BLOCK_BYTES = blockLayoutOf(codeDimensionOf('float32', DIMENSION)).byteLength
const SCHEMA: StoredSchema = {
  dimension: DIMENSION,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: SEGMENT_BYTES,
  index: { type: 'codes' },
}

/** A space of lists, around a mean of their own. */
const SPACE = {
  metric: SCHEMA.metric,
  dtype: SCHEMA.dtype,
  dimension: DIMENSION,
  mean: new Float32Array(DIMENSION).fill(0.25),
  signs: rotationSigns(64, 5),
}

const never = (): boolean => false

/** A store, its codes, and the warnings there were. */
class Fixture {
  readonly store: MemoryVectorStore
  readonly codes: CodeTail
  readonly warnings: string[] = []
  readonly allocator: SlabAllocator
  readonly #numbers = new Numbers(1)
  #isRefusing = false

  constructor() {
    this.allocator = new SlabAllocator({ bytesMax: 2 ** 28, backing: 'heap' })
    const { allocator } = this
    const warn = (): void => undefined
    const options = { allocator, stride: STRIDE, segmentBytes: SEGMENT_BYTES, warn }
    this.store = new MemoryVectorStore(options)
    const codes = new CodeTail({
      name: 'docs',
      schema: SCHEMA,
      store: this.store,
      kernels: scalarKernels,
      allocator: this.#withRefusals(),
      warn: (message) => this.warnings.push(message),
    })
    this.codes = codes
    onTestFinished(async () => {
      codes.release()
      await this.store.close()
      expect(allocator.stats().leaseCount).toBe(0)
    })
  }

  /** Lets all memory for codes be refused from now on, or none. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
  }

  async add(rowCount: number): Promise<void> {
    for (const { rowCount: count, bytes } of await this.store.claim(rowCount)) {
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, count * DIMENSION)
      for (let i = 0; i < values.length; i++) values[i] = this.#numbers.gaussian()
    }
    this.store.seal(this.store.rowCount)
    this.codes.seal(this.store.rowCount)
  }

  rewind(rowCount: number): void {
    this.codes.rewind(rowCount)
    this.store.rewind(rowCount)
  }

  catchUp(): Promise<void> {
    return this.codes.catchUp(this.store.rowCount, never)
  }

  /** Compares every block with what the kernel makes of its rows; counts the rows. */
  check(): number {
    const { rowsPerSegment, rowCount } = this.store
    let found = 0
    for (let segment = 0; segment * rowsPerSegment < rowCount; segment++) {
      const codes = this.codes.codesOf(segment)
      if (!codes) continue
      const { from, to } = codes
      const { space, bytes } = codes.chunk
      const rowBase = segment * rowsPerSegment
      expect([from % 32, to % 32]).toEqual([0, 0])
      expect(rowBase + from).toBeGreaterThanOrEqual(this.codes.firstRow)
      expect(rowBase + to).toBeLessThanOrEqual(rowCount)
      const rows = this.store.segment(segment).bytes.subarray(from * STRIDE, to * STRIDE)
      const blocks = new Uint8Array(((to - from) / 32) * BLOCK_BYTES)
      scalarKernels.encode({ space, rows, rowBase: rowBase + from, blocks })
      const at = (from / 32) * BLOCK_BYTES
      expect(Buffer.compare(bytes.subarray(at, at + blocks.length), blocks)).toBe(0)
      found += to - from
    }
    expect(this.codes.countRows()).toBe(found)
    return found
  }

  #withRefusals(): Allocator {
    const { allocator } = this
    return {
      bytesMax: allocator.bytesMax,
      stats: () => allocator.stats(),
      allocate: (byteLength, options) => {
        if (!this.#isRefusing) return allocator.allocate(byteLength, options)
        throw Object.assign(new Error('no more'), { code: 'SLUICE_LIMIT_EXCEEDED' })
      },
    }
  }
}

describe('a CodeTail', () => {
  it('encodes whole blocks, once there are rows to take the mean of', async () => {
    const fixture = new Fixture()
    await fixture.add(1023)
    expect(fixture.check()).toBe(0)
    await fixture.add(50)
    await fixture.catchUp()
    expect(fixture.check()).toBe(1056)
    const mean = fixture.codes.codesOf(0)?.chunk.space.mean ?? []
    let sum = 0
    for (let row = 0; row < 1024; row++) {
      const segment = Math.floor(row / fixture.store.rowsPerSegment)
      const { rowBase, bytes } = fixture.store.segment(segment)
      sum += new Float32Array(bytes.buffer, bytes.byteOffset + (row - rowBase) * STRIDE, 1)[0] ?? 0
    }
    expect(mean[0]).toBeCloseTo(sum / 1024, 6)
  })

  it('keeps up with rows as they are sealed', async () => {
    const fixture = new Fixture()
    for (let batch = 0; batch < 200; batch++) await fixture.add(32)
    // Time slices end on a slow machine; nothing else may hold it up.
    await fixture.catchUp()
    expect(fixture.check()).toBe(6400)
  })

  it('gives the codes of refused rows back, and those of other rows in their block', async () => {
    const fixture = new Fixture()
    await fixture.add(1100)
    await fixture.add(200)
    await fixture.catchUp()
    fixture.rewind(1100)
    expect(fixture.check()).toBe(1088)
    await fixture.add(60)
    await fixture.catchUp()
    expect(fixture.check()).toBe(1152)
  })

  it('takes another mean when the rows of the first one were refused', async () => {
    const fixture = new Fixture()
    await fixture.add(2000)
    await fixture.catchUp()
    const before = fixture.codes.codesOf(0)?.chunk.space
    fixture.rewind(0)
    expect(fixture.codes.codesOf(0)).toBeUndefined()
    await fixture.add(2000)
    await fixture.catchUp()
    expect(fixture.codes.codesOf(0)?.chunk.space.mean).not.toEqual(before?.mean)
    expect(fixture.check()).toBe(1984)
  })

  it('does without memory, says so once, and tries again later', async () => {
    const fixture = new Fixture()
    fixture.refuse(true)
    await fixture.add(1200)
    await fixture.catchUp()
    expect([fixture.codes.countRows(), fixture.codes.byteLength]).toEqual([0, 0])
    await fixture.add(1200)
    expect(fixture.warnings).toHaveLength(1)
    expect(fixture.warnings[0]).toContain('"docs"')
    fixture.refuse(false)
    await fixture.add(fixture.store.rowsPerSegment)
    await fixture.catchUp()
    expect(fixture.check()).toBe(2880)
  })

  it('gives memory back a segment at a time when it is asked to', async () => {
    const fixture = new Fixture()
    await fixture.add(2 * fixture.store.rowsPerSegment + 200)
    await fixture.catchUp()
    const { byteLength } = fixture.codes
    expect(fixture.codes.trim()).toBe(true)
    expect(fixture.codes.byteLength).toBe((byteLength / 3) * 2)
    expect(fixture.check()).toBe(2 * fixture.store.rowsPerSegment)
    expect([fixture.codes.trim(), fixture.codes.trim(), fixture.codes.trim()]).toEqual([
      true,
      true,
      false,
    ])
    expect(fixture.check()).toBe(0)
    // Whoever asked needs it more.
    await fixture.add(32)
    expect(fixture.codes.byteLength).toBe(0)
  })

  it('begins behind rows that are in lists, in their space from the next segment on', async () => {
    const fixture = new Fixture()
    const { store, codes } = fixture
    const { rowsPerSegment } = store
    await fixture.add(2 * rowsPerSegment + 100)
    await fixture.catchUp()
    const own = codes.codesOf(0)?.chunk.space
    const other = { ...own!, mean: own!.mean.map((value) => value + 1) }
    codes.startAt(rowsPerSegment + 64, other)
    expect(codes.codesOf(0)).toBeUndefined()
    expect(fixture.check()).toBe(rowsPerSegment + 96 - 64)
    await fixture.add(rowsPerSegment)
    await fixture.catchUp()
    expect([1, 2, 3].map((segment) => codes.codesOf(segment)?.chunk.space)).toEqual([
      own,
      own,
      other,
    ])
    expect(fixture.check()).toBe(
      Math.floor((3 * rowsPerSegment + 100) / 32) * 32 - rowsPerSegment - 64,
    )
    codes.restart()
    expect(fixture.check()).toBe(0)
    await fixture.catchUp()
    expect(fixture.check()).toBe(Math.floor((3 * rowsPerSegment + 100) / 32) * 32)
  })

  it('has true codes after any sequence of what can happen to rows', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 1500 }) }) },
      fc.record({ rewind: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ startAt: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.constantFrom('free' as const, 'trim' as const, 'catchUp' as const, 'refuse' as const),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const fixture = new Fixture()
        const { store, codes } = fixture
        let freedTo = 0
        let isRefusing = false
        for (const each of steps) {
          if (typeof each === 'object') {
            if ('add' in each) await fixture.add(each.add)
            else if ('rewind' in each) {
              const rowMin = Math.max(freedTo, codes.firstRow)
              fixture.rewind(Math.max(rowMin, Math.floor(each.rewind * store.rowCount)))
            } else if (codes.hasSample(store.rowCount)) {
              const row = Math.floor((each.startAt * store.rowCount) / 32) * 32
              if (row > codes.firstRow) codes.startAt(row, SPACE)
            }
          } else if (each === 'free' && freedTo + store.rowsPerSegment <= store.rowCount) {
            await store.flush(store.rowCount)
            codes.freeSegment(freedTo / store.rowsPerSegment)
            store.freeSegmentMemory(freedTo / store.rowsPerSegment)
            freedTo += store.rowsPerSegment
          } else if (each === 'trim') codes.trim()
          else if (each === 'catchUp') await fixture.catchUp()
          else if (each === 'refuse') {
            isRefusing = !isRefusing
            fixture.refuse(isRefusing)
          }
          fixture.check()
        }
      }),
      { numRuns: 40 },
    )
  })
})
