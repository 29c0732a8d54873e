import { describe, expect, it } from 'vitest'
import { crc32c } from '../../src/kernels/scalar/crc32c.js'
import {
  COLUMN_FRAME_HEADER_BYTES,
  type ColumnFrameContext,
  columnFrameBytes,
  decodeColumnFrameBody,
  decodeColumnFrameHeader,
  encodeColumnFrameHeader,
} from '../../src/segment/column-frame.js'
import { frameOf } from './column-frames.js'
import { DATABASE_ID } from './store-fixture.js'

const owner = { databaseId: DATABASE_ID, collectionId: 7, segmentIndex: 3 }
const frame = frameOf('string ids', { rowBase: 100, rowCount: 3 }, 6)
const context: ColumnFrameContext = {
  file: 'a.col',
  offset: 800,
  bytesLeft: columnFrameBytes(frame.body.byteLength),
  owner,
  crc32c,
}

/** A header with some bytes changed, and a checksum that fits. */
function forged(change: (view: DataView) => void): Uint8Array {
  const bytes = encodeColumnFrameHeader(frame, owner, crc32c)
  const view = new DataView(bytes.buffer)
  change(view)
  view.setUint32(36, crc32c(bytes.subarray(0, 36)), true)
  return bytes
}

describe('a column frame', () => {
  it('has the layout that is written down', () => {
    const bytes = encodeColumnFrameHeader(frame, owner, crc32c)
    expect(bytes.byteLength).toBe(COLUMN_FRAME_HEADER_BYTES)
    expect(Buffer.from(bytes.subarray(0, 8)).toString('latin1')).toBe('SLCF\x01\x02\0\0')
    const view = new DataView(bytes.buffer)
    const words = [8, 12, 16, 20, 24].map((at) => view.getUint32(at, true))
    expect(words).toEqual([7, 3, 100, 3, 18])
    expect(bytes.subarray(28, 32)).toEqual(DATABASE_ID.subarray(0, 4))
    expect(view.getUint32(32, true)).toBe(crc32c(frame.body))
    expect(columnFrameBytes(18)).toBe(64)
  })

  it('says what it holds', () => {
    const bytes = encodeColumnFrameHeader(frame, owner, crc32c)
    const header = decodeColumnFrameHeader(bytes, context)
    expect(header).toMatchObject({ kind: 'string ids', rowBase: 100, rowCount: 3, bodyLength: 18 })
    const whole = new Uint8Array(columnFrameBytes(18))
    whole.set(bytes)
    whole.set(frame.body, COLUMN_FRAME_HEADER_BYTES)
    expect(decodeColumnFrameBody(whole, header, context)).toEqual(frame.body)
  })

  it.each([
    ['magic', 800, (view: DataView) => view.setUint8(0, 0)],
    ['version', 804, (view: DataView) => view.setUint8(4, 2)],
    ['kind', 805, (view: DataView) => view.setUint8(5, 0)],
    ['kind', 805, (view: DataView) => view.setUint8(5, 5)],
    ['zero', 806, (view: DataView) => view.setUint8(7, 1)],
    ['collection id', 808, (view: DataView) => view.setUint32(8, 8, true)],
    ['segment index', 812, (view: DataView) => view.setUint32(12, 4, true)],
    ['row count', 820, (view: DataView) => view.setUint32(20, 0, true)],
    ['row count', 820, (view: DataView) => view.setUint32(16, 0xffff_ffff, true)],
    ['body length', 824, (view: DataView) => view.setUint32(24, 11, true)],
    ['body length', 824, (view: DataView) => view.setUint32(24, 0xffff_ffff, true)],
    ['database id', 828, (view: DataView) => view.setUint8(31, 0)],
  ])('is refused for its %s, at offset %i, though its checksum fits', (field, offset, change) => {
    const code = field === 'version' ? 'SLUICE_UNSUPPORTED_FORMAT' : 'SLUICE_CORRUPT'
    const error = { name: 'CorruptionError', code, details: { file: 'a.col', field, offset } }
    expect(() => decodeColumnFrameHeader(forged(change), context)).toThrow(
      expect.objectContaining({ ...error, details: expect.objectContaining(error.details) }),
    )
  })

  it.each([
    ['u64 ids', 23],
    ['u64 ids', 25],
    ['string ids', 11],
    ['metadata', 11],
    ['assigned ids', 0],
    ['assigned ids', 24],
    ['assigned ids', 64],
  ] as const)('is not written for 3 rows of %s in %i bytes', (kind, byteLength) => {
    const bad = { kind, rowBase: 0, rowCount: 3, body: new Uint8Array(byteLength) }
    expect(() => encodeColumnFrameHeader(bad, owner, crc32c)).toThrow(/cannot hold 3 rows/)
  })
})
