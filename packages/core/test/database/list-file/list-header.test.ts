/** The header of a list file: what is written comes back, and nothing else passes for it. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeListHeader,
  encodeListHeader,
  LIST_HEADER_BYTES,
  type ListHeader,
} from '../../../src/database/list-file/list-header.js'
import { DTYPES } from '../../../src/dtype.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { METRICS } from '../../../src/metric.js'

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const headers: fc.Arbitrary<ListHeader> = fc.record({
  databaseId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  lsn: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  metric: fc.constantFrom(...METRICS),
  dtype: fc.constantFrom(...DTYPES),
  dimension: u32,
  collectionId: u32,
  rowCount: u32,
  clusteredRows: u32,
  aliveRows: u32,
  listCount: u32,
  listsPerRow: u32,
  planCount: u32,
  rowQueries: u32,
  userQueries: u32,
  blockCount: u32,
  tablesCrc: u32,
  centroidsCrc: u32,
  centroidBlocksCrc: u32,
  blocksCrc: u32,
})

const ONE: ListHeader = {
  databaseId: new Uint8Array(16).fill(7),
  lsn: 9n,
  metric: 'dot',
  dtype: 'float16',
  dimension: 384,
  collectionId: 3,
  rowCount: 64,
  clusteredRows: 32,
  aliveRows: 60,
  listCount: 2,
  listsPerRow: 2,
  planCount: 1,
  rowQueries: 5,
  userQueries: 0,
  blockCount: 6,
  tablesCrc: 1,
  centroidsCrc: 2,
  centroidBlocksCrc: 3,
  blocksCrc: 4,
}

/** The header with one byte set and a checksum that fits. */
function resealed(offset: number, value: number): Uint8Array {
  const bytes = encodeListHeader(ONE, crc32c)
  bytes[offset] = value
  new DataView(bytes.buffer).setUint32(124, crc32c(bytes.subarray(0, 124)), true)
  return bytes
}

describe('the header of a list file', () => {
  it('comes back as it was, whatever it says', () => {
    fc.assert(
      fc.property(headers, (header) => {
        const bytes = encodeListHeader(header, crc32c)
        expect(bytes.length).toBe(LIST_HEADER_BYTES)
        expect(decodeListHeader(bytes, 'lists.idx', crc32c)).toEqual(header)
      }),
    )
  })

  it('is refused with any bit flipped, and with any byte missing', () => {
    const whole = encodeListHeader(ONE, crc32c)
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const bytes = whole.slice()
      bytes[bit >>> 3]! ^= 1 << (bit & 7)
      const decode = (): ListHeader => decodeListHeader(bytes, 'lists.idx', crc32c)
      expect(decode, `bit ${bit}`).toThrow(expect.objectContaining({ code: 'SLUICE_CORRUPT' }))
    }
    for (let length = 0; length < whole.length; length++) {
      const decode = (): ListHeader =>
        decodeListHeader(whole.subarray(0, length), 'lists.idx', crc32c)
      expect(decode).toThrow(expect.objectContaining({ code: 'SLUICE_CORRUPT' }))
    }
  })

  it.each([
    { what: 'another version', offset: 8, value: 1, code: 'SLUICE_UNSUPPORTED_FORMAT' },
    { what: 'a dtype that nobody knows', offset: 40, value: 99, code: 'SLUICE_CORRUPT' },
    { what: 'a metric that nobody knows', offset: 44, value: 99, code: 'SLUICE_CORRUPT' },
    { what: 'something where zeros belong', offset: 110, value: 1, code: 'SLUICE_CORRUPT' },
  ])('is refused with $what', ({ offset, value, code }) => {
    const decode = (): ListHeader => decodeListHeader(resealed(offset, value), 'lists.idx', crc32c)
    expect(decode).toThrow(expect.objectContaining({ code }))
  })
})
