import { BufferPool, SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { JoinedBatches } from '../../../src/collection/bulk/joined-batches.js'
import type { CheckedBatch } from '../../../src/collection/input/checked-batch.js'
import { packedTexts } from '../live-collection.js'

const STRIDE = 16

function makeJoined(limits = { batchBytesMax: 2 ** 20, batchRowsMax: 1000 }) {
  const allocator = new SlabAllocator({ bytesMax: 2 ** 26, backing: 'heap' })
  const buffers = new BufferPool({ allocator })
  return { joined: new JoinedBatches({ stride: STRIDE, limits, buffers }), buffers }
}

/** Every byte of the rows is `value`. */
function batch(rowCount: number, value: number, more: Partial<CheckedBatch> = {}): CheckedBatch {
  const source = new Uint8Array(rowCount * STRIDE).fill(value)
  return { rowCount, source, ids: undefined, metadata: undefined, ...more }
}

function u64(...ids: number[]): CheckedBatch['ids'] {
  return { kind: 'u64', count: ids.length, words: Uint32Array.from(ids.flatMap((id) => [id, 0])) }
}

describe('joined batches', () => {
  it('are one batch, and each of them again', () => {
    const { joined } = makeJoined()
    const first = batch(2, 1, { ids: u64(7, 8) })
    const second = batch(1, 2, { ids: u64(9), metadata: packedTexts(['x']) })
    for (const one of [first, second]) joined.add(one)
    const whole = joined.whole()
    expect(whole.rowCount).toBe(3)
    expect([...whole.source]).toEqual([...first.source, ...second.source])
    expect(whole.ids).toEqual(u64(7, 8, 9))
    expect(whole.metadata).toEqual(packedTexts(['', '', 'x']))
    const [again, last] = joined.each()
    expect(again).toEqual({ ...first, metadata: packedTexts(['', '']) })
    expect(last).toEqual(second)
  })

  it('keep their rows when the room for them grows and when the caller writes over his', () => {
    const { joined } = makeJoined()
    const source = new Uint8Array(100 * STRIDE)
    for (let value = 0; value < 100; value++) {
      joined.add({ ...batch(100, 0), source: source.fill(value) })
    }
    const rows = joined.whole().source
    expect(rows.byteLength).toBe(100 * 100 * STRIDE)
    for (let value = 0; value < 100; value++) {
      const from = value * source.byteLength
      expect(rows.subarray(from, from + source.byteLength).every((b) => b === value)).toBe(true)
    }
  })

  it('are of one kind of ids, and within the limits', () => {
    const { joined } = makeJoined({ batchBytesMax: 10 * STRIDE, batchRowsMax: 5 })
    expect(joined.suits(batch(2, 0))).toBe(true)
    expect(joined.suits(batch(3, 0))).toBe(false)
    expect(joined.suits({ ...batch(2, 0), source: new Uint8Array(0) })).toBe(false)
    joined.add(batch(2, 0))
    expect(joined.hasRoomFor(batch(1, 0, { ids: u64(1) }))).toBe(false)
    expect(joined.hasRoomFor(batch(3, 0))).toBe(true)
    expect(joined.hasRoomFor(batch(4, 0))).toBe(false)
    expect(joined.hasRoomFor(batch(1, 0, { metadata: packedTexts(['x'.repeat(200)]) }))).toBe(false)
    joined.clear()
    expect(joined.hasRoomFor(batch(1, 0, { ids: u64(1) }))).toBe(true)
  })

  it('give their memory back', () => {
    const { joined, buffers } = makeJoined()
    for (let i = 0; i < 100; i++) joined.add(batch(100, i))
    expect(buffers.stats().bufferCount).toBe(1)
    joined.release()
    expect(buffers.stats().bufferCount).toBe(0)
  })
})
