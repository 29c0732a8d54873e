import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../src/kernels/scalar/crc32c.js'
import {
  checkSegmentHeader,
  encodeSegmentHeader,
  type SegmentHeader,
} from '../../src/segment/segment-header.js'
import { DATABASE_ID } from './store-fixture.js'

const HEADER: SegmentHeader = {
  databaseId: DATABASE_ID,
  collectionId: 7,
  segmentIndex: 3,
  dtype: 'float32',
  dimension: 384,
  stride: 1536,
  rowsPerSegment: 43_680,
  segmentBytes: 67_108_864,
}
const CONTEXT = { file: '/data/segments/00000003.seg', crc32c }

function page(header: SegmentHeader = HEADER): Uint8Array {
  const bytes = new Uint8Array(4096).fill(0xee)
  encodeSegmentHeader(bytes, header, crc32c)
  return bytes
}

describe('segment header', () => {
  it('is laid out as documented', () => {
    const bytes = page()
    const view = new DataView(bytes.buffer)
    expect(Buffer.from(bytes.subarray(0, 8)).toString()).toBe('SLUICSEG')
    expect([8, 12].map((offset) => view.getUint32(offset, true))).toEqual([1, 7])
    expect(bytes.subarray(16, 32)).toEqual(DATABASE_ID)
    expect([32, 36, 40, 44, 48, 52].map((offset) => view.getUint32(offset, true))).toEqual([
      3, 1, 384, 1536, 43_680, 67_108_864,
    ])
    expect(bytes.subarray(56, 4092).every((byte) => byte === 0)).toBe(true)
    expect(view.getUint32(4092, true)).toBe(crc32c(bytes.subarray(0, 4092)))
  })

  it('is accepted as it was written, and a page of zeros is one that never was', () => {
    expect(checkSegmentHeader(page(), HEADER, CONTEXT)).toBe(true)
    expect(checkSegmentHeader(new Uint8Array(4096), HEADER, CONTEXT)).toBe(false)
  })

  it.each<[string, { change: Partial<SegmentHeader>; at: number; is: number; was: number }]>([
    ['collection id', { change: { collectionId: 8 }, at: 12, is: 8, was: 7 }],
    ['segment index', { change: { segmentIndex: 4 }, at: 32, is: 4, was: 3 }],
    ['dtype code', { change: { dtype: 'int32' }, at: 36, is: 6, was: 1 }],
    ['dimension', { change: { dimension: 383 }, at: 40, is: 383, was: 384 }],
    ['stride', { change: { stride: 1532 }, at: 44, is: 1532, was: 1536 }],
    ['rows per segment', { change: { rowsPerSegment: 32 }, at: 48, is: 32, was: 43_680 }],
    ['segment bytes', { change: { segmentBytes: 4096 }, at: 52, is: 4096, was: 67_108_864 }],
  ])('with another %s belongs to another file', (field, { change, at, is, was }) => {
    const details = { file: CONTEXT.file, field, offset: at, expected: was, actual: is }
    expect(() => checkSegmentHeader(page({ ...HEADER, ...change }), HEADER, CONTEXT)).toThrow(
      expect.objectContaining({ code: 'SLUICE_CORRUPT', details }),
    )
  })

  it('of another database is refused', () => {
    const other = page({ ...HEADER, databaseId: new Uint8Array(16) })
    expect(() => checkSegmentHeader(other, HEADER, CONTEXT)).toThrow(/database id at offset 16/)
  })

  it('of a newer format is refused as such', () => {
    const newer = page()
    const view = new DataView(newer.buffer)
    view.setUint32(8, 2, true)
    view.setUint32(4092, crc32c(newer.subarray(0, 4092)), true)
    expect(() => checkSegmentHeader(newer, HEADER, CONTEXT)).toThrow(
      expect.objectContaining({ code: 'SLUICE_UNSUPPORTED_FORMAT' }),
    )
  })

  it('with any bit flipped is corrupt', () => {
    fc.assert(
      fc.property(fc.nat(4095), fc.nat(7), (offset, bit) => {
        const damaged = page()
        damaged[offset] = (damaged[offset] as number) ^ (1 << bit)
        expect(() => checkSegmentHeader(damaged, HEADER, CONTEXT)).toThrow(
          expect.objectContaining({ code: 'SLUICE_CORRUPT' }),
        )
      }),
    )
  })
})
