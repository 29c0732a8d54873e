import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowBytes } from '../../../src/collection/rows/row-bytes.js'

function makeAllocator(bytesMax = 2 ** 30): SlabAllocator {
  return new SlabAllocator({ bytesMax, backing: 'heap' })
}

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value)
}

describe('RowBytes', () => {
  it('keeps rows apart, sparse ones too, and gives nothing where nothing was set', () => {
    const rows = new RowBytes(makeAllocator())
    rows.set(2, filled(3, 7))
    rows.set(100_000, filled(200, 9))
    expect(rows.get(2)).toEqual(filled(3, 7))
    expect(rows.get(100_000)).toEqual(filled(200, 9))
    expect(rows.get(3)).toBeUndefined()
    expect(rows.get(2 ** 31 - 3)).toBeUndefined()
  })

  it('treats empty bytes as none', () => {
    const rows = new RowBytes(makeAllocator())
    rows.set(0, filled(5, 1))
    rows.set(0, new Uint8Array(0))
    expect(rows.get(0)).toBeUndefined()
    expect(rows.equals(0, new Uint8Array(0), 0, 0)).toBe(true)
    expect(rows.equals(0, filled(1, 1), 0, 1)).toBe(false)
  })

  it('numbers packed items from the row base', () => {
    const rows = new RowBytes(makeAllocator())
    const packed = { bytes: Uint8Array.of(1, 2, 3, 4, 5), ends: Uint32Array.of(2, 2, 5) }
    rows.setPacked(10, packed, 1, 3)
    expect(rows.get(10)).toBeUndefined()
    expect(rows.get(11)).toBeUndefined()
    expect(rows.get(12)).toEqual(Uint8Array.of(3, 4, 5))
  })

  it('takes items longer than a chunk, and keeps those before and after', () => {
    const rows = new RowBytes(makeAllocator())
    const lengths = [1, 127, 128, 16_383, 16_384, 1 << 20, 5, (1 << 21) + 3, 70_000, 1]
    lengths.forEach((length, row) => {
      rows.set(row, filled(length, row + 1))
    })
    lengths.forEach((length, row) => {
      const bytes = rows.get(row)!
      expect(bytes.length).toBe(length)
      expect(bytes.every((byte) => byte === row + 1)).toBe(true)
    })
  })

  it('leaves views as they are while it grows', () => {
    const rows = new RowBytes(makeAllocator())
    rows.set(0, filled(100, 1))
    const view = rows.get(0)!
    for (let row = 1; row < 20_000; row++) rows.set(row, filled(100, 2))
    expect(view).toEqual(filled(100, 1))
  })

  it('stays small while it holds little, and gives all memory back', () => {
    const allocator = makeAllocator()
    const rows = new RowBytes(allocator)
    expect(rows.byteLength).toBe(0)
    rows.set(0, filled(10, 1))
    expect(rows.byteLength).toBe(8192)
    for (let row = 1; row < 50_000; row++) rows.set(row, filled(60, 2))
    expect(rows.byteLength).toBeLessThan(50_000 * (64 + 4) + (1 << 20) + (1 << 16))
    rows.release()
    expect(rows.byteLength).toBe(0)
    expect(rows.get(0)).toBeUndefined()
    expect(allocator.stats().leaseCount).toBe(0)
  })

  it('passes on that memory is exhausted, and keeps what it has', () => {
    const rows = new RowBytes(makeAllocator(65_536))
    rows.set(0, filled(10, 1))
    const code = 'SLUICE_LIMIT_EXCEEDED'
    expect(() => rows.set(1, filled(100_000, 1))).toThrow(expect.objectContaining({ code }))
    expect(rows.get(0)).toEqual(filled(10, 1))
    expect(rows.get(1)).toBeUndefined()
  })

  it('forgets rows, and gives their memory back once it holds nothing else', () => {
    const allocator = makeAllocator()
    const rows = new RowBytes(allocator)
    for (let row = 0; row < 3 * 16_384; row++) rows.set(row, filled(200, row & 127))
    const { byteLength } = rows
    rows.forget(0, 20_000)
    expect(rows.byteLength).toBeLessThan(byteLength - 20_000 * 200 - 16_384 * 4 + (1 << 20))
    expect(rows.get(19_999)).toBeUndefined()
    expect(rows.get(20_000)).toEqual(filled(200, 20_000 & 127))
    rows.forget(20_000, 2 * 16_384)
    rows.forget(2 * 16_384, 3 * 16_384)
    expect(rows.byteLength).toBeLessThanOrEqual(1 << 20)
    rows.set(3 * 16_384, filled(10, 5))
    expect(rows.get(3 * 16_384)).toEqual(filled(10, 5))
  })

  it('uses the addresses of what it gave back again: a window may roll on for ever', () => {
    const allocator = makeAllocator()
    const rows = new RowBytes(allocator)
    // 16,383 chunks are all there are; beside two others each of these items takes one.
    const large = new Uint8Array(70_000)
    for (let row = 0; row < 20_000; row++) {
      large[0] = row
      rows.set(row, large)
      if (row >= 2) rows.forget(row - 2, row - 1)
    }
    expect(rows.get(19_999)?.[0]).toBe(19_999 & 255)
    expect(rows.get(19_998)?.[0]).toBe(19_998 & 255)
    expect(rows.byteLength).toBeLessThan(1 << 20)
    rows.release()
    expect(allocator.stats().leaseCount).toBe(0)
  })

  it('packs rows until they come to enough bytes', () => {
    const rows = new RowBytes(makeAllocator())
    rows.set(1, filled(100, 1))
    rows.set(3, filled(30, 3))
    rows.set(4, filled(1000, 4))
    const all = rows.pack(0, 6, 10_000)
    expect([...all.ends]).toEqual([0, 100, 100, 130, 1130, 1130])
    expect(all.bytes).toEqual(
      Uint8Array.of(...filled(100, 1), ...filled(30, 3), ...filled(1000, 4)),
    )
    expect([...rows.pack(0, 6, 101).ends]).toEqual([0, 100, 100, 130])
    expect([...rows.pack(4, 6, 10).ends]).toEqual([1000])
    expect(rows.nextSet(0, 10)).toBe(1)
    expect(rows.nextSet(5, 10)).toBe(10)
  })

  it('agrees with a map while the newest rows are taken back and the oldest forgotten', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'rewind', 'forget', 'replace'),
      lengths: fc.array(fc.oneof(fc.nat(20), fc.nat(5000), fc.constantFrom(0, 70_000, 1_500_000)), {
        maxLength: 8,
      }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const allocator = makeAllocator()
        const rows = new RowBytes(allocator)
        const model = new Map<number, Uint8Array>()
        const put = (row: number, bytes: Uint8Array): void => {
          rows.set(row, bytes)
          model.set(row, bytes)
        }
        let [first, end, seed] = [0, 0, 0]
        for (const { kind, lengths } of steps) {
          const count = Math.min(lengths.length, end - first)
          if (kind === 'add') for (const length of lengths) put(end++, filled(length, ++seed))
          if (kind === 'rewind') {
            rows.rewind(end - count, end)
            for (let i = 0; i < count; i++) model.delete(--end)
          }
          if (kind === 'forget') {
            rows.forget(first, first + count)
            for (let i = 0; i < count; i++) model.delete(first++)
          }
          // The newest row, so that rows can still be taken back in the order of their bytes.
          if (kind === 'replace' && end > first) put(end - 1, filled(lengths[0] ?? 0, ++seed))
          for (const [row, bytes] of model) {
            expect(rows.get(row)?.[0]).toBe(bytes[0])
            expect(rows.get(row)?.length ?? 0).toBe(bytes.length)
            expect(rows.get(row)?.at(-1)).toBe(bytes.at(-1))
          }
        }
        rows.forget(first, end)
        // The positions, and the chunk that is being filled.
        expect(allocator.stats().leaseCount).toBeLessThanOrEqual(2)
        rows.release()
        expect(allocator.stats().leaseCount).toBe(0)
      }),
    )
  })

  it('agrees with a map', () => {
    const writes = fc.array(fc.tuple(fc.nat(40_000), fc.uint8Array({ maxLength: 300 })), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(writes, (entries) => {
        const rows = new RowBytes(makeAllocator())
        const model = new Map<number, Uint8Array>()
        for (const [row, bytes] of entries) {
          rows.set(row, bytes)
          model.set(row, bytes)
        }
        for (const [row, bytes] of model) {
          expect(rows.get(row)).toEqual(bytes.length === 0 ? undefined : bytes)
          const padded = Uint8Array.of(0, ...bytes, 0)
          expect(rows.equals(row, padded, 1, 1 + bytes.length)).toBe(true)
          expect(rows.equals(row, padded, 1, 2 + bytes.length)).toBe(false)
          if (bytes.length === 0) continue
          padded[bytes.length] = padded[bytes.length]! ^ 1
          expect(rows.equals(row, padded, 1, 1 + bytes.length)).toBe(false)
        }
      }),
    )
  })
})
