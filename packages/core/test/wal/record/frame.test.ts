import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testRecords } from '../../../src/conformance/wal-records.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { nextFrame } from '../../../src/wal/record/frame.js'

const records = testRecords(1n, 4, { payloadBytes: 24 })
const stream = new Uint8Array(Buffer.concat(records.map(({ bytes }) => bytes)))

describe('nextFrame', () => {
  it('walks a stream record by record', () => {
    let offset = 0
    for (const { lsn, bytes } of records) {
      const frame = nextFrame(stream, offset, crc32c)
      expect(frame).toMatchObject({ status: 'ok', header: { lsn } })
      expect(frame.status === 'ok' && frame.bytes).toEqual(bytes)
      offset += bytes.length
    }
    expect(nextFrame(stream, offset, crc32c)).toEqual({ status: 'end' })
  })

  it('calls a record whose end is missing torn, and says how much it needs', () => {
    const { length } = records[0]!.bytes
    for (let end = 1; end < length; end++) {
      const frame = nextFrame(stream.subarray(0, end), 0, crc32c)
      expect(frame).toEqual({ status: 'torn', byteLength: end < 48 ? 48 : length })
    }
  })

  it('never takes changed bytes for a record, and never throws', () => {
    const { length } = records[0]!.bytes
    fc.assert(
      fc.property(fc.nat(length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = stream.slice()
        changed[at]! ^= by
        expect(nextFrame(changed, 0, crc32c).status).toMatch(/torn|bad/)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(250), (bytes, offset) => {
        expect(nextFrame(bytes, offset, crc32c).status).toMatch(/end|torn|bad/)
      }),
    )
  })
})
