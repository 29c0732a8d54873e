/** Rows, their codes, and what the codes must be. */

import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { expect, onTestFinished } from 'vitest'
import { blockLayoutOf, codeDimensionOf } from '../../src/code-layout.js'
import type { Allocator } from '../../src/contract/index.js'
import { CodeTail } from '../../src/index/code-tail.js'
import type { Encoders } from '../../src/index/encode/encode-pool.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { rotationSigns } from '../../src/rotation-signs.js'
import type { StoredSchema } from '../../src/schema.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'
import { Numbers } from '../search/vector-sets.js'
import { overwriting } from '../support/overwriting-allocator.js'
import { kernels } from '../support/selected-kernels.js'

const DIMENSION = 32
export const STRIDE = 4 * DIMENSION
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

/** What can happen to rows. */
export const TAIL_STEP = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 1500 }) }) },
  { weight: 2, arbitrary: fc.record({ rewind: fc.integer({ min: 1, max: 1500 }) }) },
  fc.record({ startAt: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.constant('catchUp' as const),
  fc.constantFrom('free' as const, 'trim' as const, 'refuse' as const, 'restart' as const),
)

/** Something that happens to rows. */
export type TailStep = typeof TAIL_STEP extends fc.Arbitrary<infer T> ? T : never

/** All that can happen to rows, in any order. */
export const TAIL_LIVES: fc.Arbitrary<TailStep[]> = fc.array(TAIL_STEP, { maxLength: 12 })

/** A store, its codes, and the warnings there were. */
export class TailFixture {
  readonly store: MemoryVectorStore
  readonly codes: CodeTail
  readonly warnings: string[] = []
  readonly allocator: SlabAllocator
  readonly #numbers = new Numbers(1)
  #isRefusing = false
  #freedTo = 0

  /** @param encoders - threads, which need memory that they share */
  constructor(encoders?: Encoders) {
    const backing = encoders === undefined ? 'heap' : 'shared'
    this.allocator = new SlabAllocator({ bytesMax: 2 ** 28, backing })
    const { allocator } = this
    const warn = (): void => undefined
    const options = { allocator, stride: STRIDE, segmentBytes: SEGMENT_BYTES, warn }
    this.store = new MemoryVectorStore(options)
    const codes = new CodeTail({
      name: 'docs',
      schema: SCHEMA,
      store: this.store,
      kernels: encoders === undefined ? scalarKernels : kernels,
      encoders,
      allocator: overwriting(this.#withRefusals()),
      warn: ({ code, message }) => this.warnings.push(`${code} ${message}`),
    })
    this.codes = codes
    onTestFinished(async () => {
      codes.release()
      await codes.whenQuiet()
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

  /** Does what is possible of it. */
  async live(step: TailStep): Promise<void> {
    const { store, codes } = this
    if (typeof step === 'object') {
      if ('add' in step) await this.add(step.add)
      else if ('rewind' in step) {
        const rowMin = Math.max(this.#freedTo, codes.firstRow)
        this.rewind(Math.max(rowMin, store.rowCount - step.rewind))
      } else if (codes.hasSample(store.rowCount)) {
        const row = Math.floor((step.startAt * store.rowCount) / 32) * 32
        if (row > codes.firstRow) codes.startAt(row, SPACE)
      }
    } else if (step === 'free') await this.#freeFirst()
    else if (step === 'trim') codes.trim()
    else if (step === 'catchUp') await this.catchUp()
    else if (step === 'restart') codes.restart()
    else this.refuse(!this.#isRefusing)
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

  async #freeFirst(): Promise<void> {
    const { store, codes } = this
    if (this.#freedTo + store.rowsPerSegment > store.rowCount) return
    const segment = this.#freedTo / store.rowsPerSegment
    await store.flush(store.rowCount)
    codes.freeSegment(segment)
    await codes.whenQuiet()
    store.freeSegmentMemory(segment)
    this.#freedTo += store.rowsPerSegment
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
