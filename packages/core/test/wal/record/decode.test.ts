import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SluiceError } from '../../../src/errors.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { type BodyValue, encodeBody } from '../../../src/wal/record/body.js'
import { decodeRecord } from '../../../src/wal/record/decode.js'
import { encodeRecord } from '../../../src/wal/record/encode.js'
import type { LogEntry } from '../../../src/wal/record/entry.js'
import { RECORD_HEADER_BYTES, recordCrc, writeHeader } from '../../../src/wal/record/header.js'
import { entries, headers } from './arbitraries.js'

const header = { lsn: 9n, durableLsn: 4n, epoch: 2, durability: 'disk', databaseTag: 7 } as const

/** A record with a correct checksum around any body: what only a faulty or hostile writer makes. */
function forged(kind: LogEntry['kind'], body: Uint8Array, payload = new Uint8Array(0)): Uint8Array {
  const payloadAt = RECORD_HEADER_BYTES + Math.ceil(body.length / 8) * 8
  const bytes = new Uint8Array(payloadAt + payload.length)
  const view = new DataView(bytes.buffer)
  const lengths = { bodyLength: body.length, payloadLength: payload.length }
  writeHeader(view, header, { kind, collectionId: 1, ...lengths })
  bytes.set(body, RECORD_HEADER_BYTES)
  bytes.set(payload, payloadAt)
  view.setUint32(44, recordCrc(bytes, crc32c), true)
  return bytes
}

/** What decoding gives: a record, or the code of a typed error. Anything else fails the test. */
function outcome(bytes: Uint8Array): unknown {
  try {
    return decodeRecord(bytes, crc32c)
  } catch (error) {
    if (error instanceof SluiceError) return error.code
    throw error
  }
}

describe('decodeRecord', () => {
  it('gives back an example exactly', () => {
    const entry: LogEntry = {
      kind: 'rows',
      collectionId: 7,
      rowBase: 100,
      rowCount: 2,
      rowsCrc: 0xdead_beef,
      ids: { kind: 'u64', count: 2, words: Uint32Array.of(1, 0, 0xffff_ffff, 0xffff_ffff) },
      metadata: { bytes: Uint8Array.of(5, 6, 7), ends: Uint32Array.of(0, 3) },
      payload: Uint8Array.of(1, 2, 3, 4),
    }
    const decoded = decodeRecord(encodeRecord(header, entry, crc32c), crc32c)
    expect(decoded.entry).toEqual(entry)
    expect(decoded.header).toMatchObject({ ...header, kind: 'rows', collectionId: 7 })
  })

  it('gives back every entry and header, from any place in a buffer', () => {
    fc.assert(
      fc.property(headers, entries, fc.integer({ min: 0, max: 9 }), (stated, entry, shift) => {
        const record = encodeRecord(stated, entry, crc32c)
        const shifted = new Uint8Array(record.length + shift).subarray(shift)
        shifted.set(record)
        const decoded = decodeRecord(shifted, crc32c)
        expect(decoded.entry).toEqual(entry)
        expect(decoded.header).toMatchObject(stated)
        expect(decoded.header.byteLength).toBe(record.length)
      }),
    )
  })

  it('keeps a payload where it lies, on a multiple of 8', () => {
    fc.assert(
      fc.property(headers, entries, (stated, entry) => {
        const record = encodeRecord(stated, entry, crc32c)
        const decoded = decodeRecord(record, crc32c).entry
        if (decoded.kind !== 'rows' || decoded.payload === undefined) return
        expect(decoded.payload.buffer).toBe(record.buffer)
        expect(decoded.payload.byteOffset % 8).toBe(0)
      }),
    )
  })

  it('detects every changed byte', () => {
    fc.assert(
      fc.property(headers, entries, fc.nat(), fc.integer({ min: 1, max: 255 }), (h, e, at, by) => {
        const record = encodeRecord(h, e, crc32c)
        record[at % record.length]! ^= by
        expect(['SLUICE_CORRUPT', 'SLUICE_UNSUPPORTED_FORMAT']).toContain(outcome(record))
      }),
    )
  })

  it('refuses a record with bytes missing or added', () => {
    fc.assert(
      fc.property(headers, entries, fc.nat(), (stated, entry, cut) => {
        const record = encodeRecord(stated, entry, crc32c)
        expect(outcome(record.subarray(0, cut % record.length))).toBe('SLUICE_CORRUPT')
        expect(outcome(new Uint8Array([...record, 0]))).toBe('SLUICE_CORRUPT')
      }),
    )
  })

  it('ends in a typed error for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcome(bytes)).toBe('SLUICE_CORRUPT')
      }),
    )
  })

  it('ends in a typed error for random bodies under a correct checksum', () => {
    const kinds = fc.constantFrom<LogEntry['kind']>('create', 'drop', 'rows', 'delete')
    const values = fc.letrec<{ value: BodyValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.integer(),
        fc.double(),
        fc.constantFrom('u64', 'string', 'assigned', 'float32', 'cosine'),
        fc.constant(null),
        fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes)),
        fc.array(tie('value'), { maxLength: 6 }),
      ),
    })).value
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(values, { maxLength: 6 }).map((list) => new Uint8Array(encodeBody(list))),
    )
    fc.assert(
      fc.property(kinds, bodies, fc.uint8Array({ maxLength: 16 }), (kind, body, payload) => {
        const found = outcome(forged(kind, body, payload))
        if (typeof found === 'string') expect(found).toBe('SLUICE_CORRUPT')
        else expect(found).toHaveProperty('entry.kind', kind)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['ids that are fewer than the rows', [0, 3, 0, ['u64', Buffer.alloc(16)], null]],
    ['half an id', [0, 1, 0, ['u64', Buffer.alloc(12)], null]],
    ['string ids that go back', [0, 2, 0, ['string', Buffer.alloc(4), ends(3, 2)], null]],
    ['string ids beyond their bytes', [0, 2, 0, ['string', Buffer.alloc(4), ends(2, 5)], null]],
    ['no rows', [0, 0, 0, ['u64', Buffer.alloc(0)], null]],
    ['a row number that is no integer', [0.5, 1, 0, ['assigned', 0, 1], null]],
    ['rows beyond the last possible one', [2 ** 31, 1, 0, ['assigned', 0, 1], null]],
    ['metadata of another length', [0, 1, 0, ['assigned', 0, 1], [Buffer.alloc(2), ends(1, 2)]]],
    ['a value too many', [0, 1, 0, ['assigned', 0, 1], null, null]],
    ['an unknown kind of id', [0, 1, 0, ['uuid', Buffer.alloc(16)], null]],
  ])('refuses %s', (_, values) => {
    expect(outcome(forged('rows', new Uint8Array(encodeBody(values))))).toBe('SLUICE_CORRUPT')
  })

  it('refuses a payload that is not a whole number of rows, or has no place', () => {
    const rows = new Uint8Array(encodeBody([0, 2, 0, ['assigned', 0, 2], null]))
    expect(outcome(forged('rows', rows, new Uint8Array(4)))).toHaveProperty('entry')
    expect(outcome(forged('rows', rows, new Uint8Array(5)))).toBe('SLUICE_CORRUPT')
    expect(outcome(forged('drop', Uint8Array.of(0x90), new Uint8Array(1)))).toBe('SLUICE_CORRUPT')
  })
})

function ends(...values: readonly number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer)
}
