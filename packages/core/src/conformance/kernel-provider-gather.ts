/** Part of the kernel suite: rows copied together from wherever they lie. */

import assert from 'node:assert/strict'
import type { GatherTask } from '../contract/memory-kernels.js'
import { type KernelSubject, seededBytes } from './kernel-provider-data.js'
import { NO_COUNTS, refuses } from './kernel-provider-refusals.js'

const STRIDE = 12
const ROWS_PER_SEGMENT = 5
const SEGMENTS = 3

/**
 * Registers the tests of `gatherRows`.
 *
 * @internal
 */
export function gatherTests(subject: KernelSubject): void {
  const { it } = subject
  it('gatherRows copies any rows in any order, and no byte around them', () => copies(subject))
  it('gatherRows needs only the segments that rows are in', () => skipsSegments(subject))
  it('gatherRows refuses wrong shapes and rows, and copies nothing', () => refusesRows(subject))
}

/** All rows, and the regions of their segments. */
interface Fixture {
  readonly packed: Uint8Array
  readonly segments: Uint32Array
}

function withSegments({ provider }: KernelSubject, use: (fixture: Fixture) => void): void {
  const bytes = ROWS_PER_SEGMENT * STRIDE
  const packed = seededBytes(SEGMENTS * bytes, 3)
  const regions = Array.from({ length: SEGMENTS }, (_, i) =>
    provider.region(packed.slice(i * bytes, (i + 1) * bytes)),
  )
  try {
    use({ packed, segments: Uint32Array.from(regions, ({ handle }) => handle) })
  } finally {
    for (const region of regions) region.release()
  }
}

function rowOf(packed: Uint8Array, row: number, stride = STRIDE): Uint8Array {
  return packed.subarray(row * stride, (row + 1) * stride)
}

function copies(subject: KernelSubject): void {
  const { fc, provider } = subject
  const numbers = fc.array(fc.nat({ max: SEGMENTS * ROWS_PER_SEGMENT - 1 }), { maxLength: 40 })
  withSegments(subject, ({ packed, segments }) => {
    const check = (chosen: number[]): void => {
      const around = new Uint8Array(chosen.length * STRIDE + 2).fill(7)
      const target = around.subarray(1, around.length - 1)
      const rows = Uint32Array.from(chosen)
      provider.gatherRows({ segments, rowsPerSegment: 5, rows, stride: STRIDE, target })
      const expected = new Uint8Array(around.length).fill(7)
      for (const [i, row] of chosen.entries()) expected.set(rowOf(packed, row), 1 + i * STRIDE)
      assert.deepEqual(around, expected)
    }
    fc.assert(fc.property(numbers, check))
    check([])
    check([14, 0, 14])
  })
}

function skipsSegments(subject: KernelSubject): void {
  withSegments(subject, ({ packed, segments }) => {
    const target = new Uint8Array(2 * STRIDE)
    const task = { rowsPerSegment: 5, rows: Uint32Array.of(12, 4), stride: STRIDE, target }
    subject.provider.gatherRows({ ...task, segments: segments.with(1, 0) })
    assert.deepEqual(target, Uint8Array.from([...rowOf(packed, 12), ...rowOf(packed, 4)]))
    refuses(() => subject.provider.gatherRows({ ...task, segments: segments.with(2, 0) }))
  })
}

function refusesRows(subject: KernelSubject): void {
  const { provider } = subject
  const released = provider.region(new Uint8Array(ROWS_PER_SEGMENT * STRIDE))
  released.release()
  withSegments(subject, ({ segments }) => {
    const target = new Uint8Array(2 * STRIDE).fill(7)
    const rows = Uint32Array.of(1, 14)
    const task: GatherTask = { segments, rowsPerSegment: 5, rows, stride: STRIDE, target }
    const inTarget = new Uint32Array(target.buffer)
    const changes: Partial<Record<keyof GatherTask, unknown>>[] = [
      { rows: Uint32Array.of(1, 15) },
      { rows: Uint32Array.of(1, 2 ** 32 - 1) },
      { rows: Uint32Array.of(1, 2, 3) },
      { rows: inTarget.subarray(0, 2) },
      { segments: inTarget.subarray(0, 3) },
      { segments: segments.subarray(0, 2) },
      { segments: segments.with(2, released.handle) },
      // Segments are shorter than that.
      { rowsPerSegment: 6, rows: Uint32Array.of(1, 5) },
      ...[...NO_COUNTS, 0].flatMap((bad) => [{ rowsPerSegment: bad }, { stride: bad }]),
      { stride: STRIDE + 1 },
      { target: target.subarray(1) },
      ...[undefined, null, [0, 1], new Float64Array(2)].flatMap((bad) => [
        { segments: bad },
        { rows: bad },
        { target: bad },
      ]),
    ]
    for (const change of changes) {
      refuses(() => provider.gatherRows({ ...task, ...change } as GatherTask), change)
    }
    assert.deepEqual(target, new Uint8Array(2 * STRIDE).fill(7))
    refusesOverlap(subject, task)
  })
}

/** A target that lies in the segment of a row. */
function refusesOverlap({ provider }: KernelSubject, task: GatherTask): void {
  const bytes = seededBytes(ROWS_PER_SEGMENT * STRIDE, 4)
  const before = bytes.slice()
  const region = provider.region(bytes)
  const segments = task.segments.with(2, region.handle)
  const target = bytes.subarray(STRIDE, 3 * STRIDE)
  refuses(() => provider.gatherRows({ ...task, segments, target }))
  assert.deepEqual(bytes, before)
  region.release()
}
