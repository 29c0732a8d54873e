import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { LIMITS } from '../../../src/limits.js'
import { decodeRecord } from '../../../src/wal/record/decode.js'
import { encodeRecord } from '../../../src/wal/record/encode.js'
import type { LogEntry } from '../../../src/wal/record/entry.js'
import { decodeHeader } from '../../../src/wal/record/header.js'

const header = { lsn: 2n, durableLsn: 1n, epoch: 1, durability: 'os', databaseTag: 7 } as const
const drop: LogEntry = { kind: 'drop', collectionId: 3 }

describe('encodeRecord', () => {
  it('lays out the header as documented', () => {
    const bytes = encodeRecord(header, drop, crc32c)
    const view = new DataView(bytes.buffer)
    expect(Buffer.from(bytes.subarray(0, 8)).toString('hex')).toBe('534c575201020100')
    expect(view.getBigUint64(8, true)).toBe(2n)
    expect(view.getBigUint64(16, true)).toBe(1n)
    expect([24, 28, 32, 36, 40].map((at) => view.getUint32(at, true))).toEqual([1, 3, 1, 0, 7])
    const covered = Buffer.concat([bytes.subarray(0, 44), bytes.subarray(48)])
    expect(view.getUint32(44, true)).toBe(crc32c(covered))
    expect(bytes.length).toBe(56)
  })

  it('fills the memory it is given, whatever was in it', () => {
    const given: number[] = []
    const bytes = encodeRecord(header, drop, crc32c, (byteLength) => {
      given.push(byteLength)
      return new Uint8Array(byteLength + 16).fill(0xff).subarray(8, 8 + byteLength)
    })
    expect(given).toEqual([bytes.length])
    expect(bytes.byteOffset).toBe(8)
    expect(bytes).toEqual(encodeRecord(header, drop, crc32c))
    expect(decodeRecord(bytes, crc32c).entry).toEqual(drop)
  })

  it('takes typed arrays of any class and offset', () => {
    const words = new Uint32Array(new SharedArrayBuffer(40), 8, 2)
    words.set([5, 6])
    const ids = { kind: 'u64', count: 1, words } as const
    const record = encodeRecord(header, { kind: 'delete', collectionId: 1, ids }, crc32c)
    expect(decodeRecord(record, crc32c).entry).toMatchObject({
      ids: { kind: 'u64', count: 1, words: Uint32Array.of(5, 6) },
    })
  })

  it('refuses a record over the limit before it takes memory', () => {
    const payload = new Uint8Array(LIMITS.recordBytesMax)
    const ids = { kind: 'assigned', first: 0, count: 1 } as const
    const rows = { kind: 'rows', collectionId: 1, rowBase: 0, rowCount: 1, rowsCrc: 0 } as const
    const encode = (): unknown =>
      encodeRecord(header, { ...rows, ids, payload }, crc32c, () => {
        throw new Error('asked for memory')
      })
    expect(encode).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_EXCEEDED' }))
  })

  it('refuses entries and headers that contradict themselves', () => {
    const internal = expect.objectContaining({ code: 'SLUICE_INTERNAL' })
    const ids = { kind: 'u64', count: 2, words: new Uint32Array(2) } as const
    const bad: LogEntry = { kind: 'delete', collectionId: 1, ids }
    expect(() => encodeRecord(header, bad, crc32c)).toThrow(internal)
    expect(() => encodeRecord({ ...header, lsn: 0n }, drop, crc32c)).toThrow(internal)
    expect(() => encodeRecord({ ...header, durableLsn: 2n }, drop, crc32c)).toThrow(internal)
    expect(() => encodeRecord({ ...header, epoch: -1 }, drop, crc32c)).toThrow(internal)
  })
})

describe('decodeHeader', () => {
  it('tells another version from damage', () => {
    const bytes = encodeRecord(header, drop, crc32c)
    bytes[4] = 2
    const details = { offset: 0, version: 2, expected: 1 }
    const unsupported = { code: 'SLUICE_UNSUPPORTED_FORMAT', details }
    expect(() => decodeHeader(bytes)).toThrow(expect.objectContaining(unsupported))
  })

  it.each([
    ['magic', 0, 0],
    ['kind', 5, 7],
    ['kind', 5, 0],
    ['durability', 6, 3],
    ['flags', 7, 1],
    ['length', 39, 0xff],
    ['durable LSN', 16, 2],
    ['LSN', 15, 0x80],
  ])('refuses a bad %s', (_, at, value) => {
    const bytes = encodeRecord(header, drop, crc32c)
    bytes[at] = value
    expect(() => decodeHeader(bytes)).toThrow(expect.objectContaining({ code: 'SLUICE_CORRUPT' }))
  })

  it('refuses offsets that leave no room', () => {
    const bytes = encodeRecord(header, drop, crc32c)
    for (const offset of [-1, 0.5, 9, 56, 1e9]) {
      expect(() => decodeHeader(bytes, offset)).toThrow(/cut off/)
    }
    expect(decodeHeader(bytes, 0).lsn).toBe(2n)
  })
})
