import { testRecord } from '@sluice/core/conformance'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lsnOf, MARK_KEY, PART_BYTES, partKey, partOf, partsOf, RECORDS_END } from '../src/keys.js'

const lsns = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n })
const parts = fc.nat(0xffff_ffff)

describe('partKey', () => {
  it('orders as LSN and part do, below the end and the mark', () => {
    fc.assert(
      fc.property(lsns, parts, lsns, parts, (lsn, part, otherLsn, otherPart) => {
        const byKey = Buffer.compare(partKey(lsn, part), partKey(otherLsn, otherPart))
        const byLsn = lsn < otherLsn ? -1 : lsn > otherLsn ? 1 : Math.sign(part - otherPart)
        expect(byKey).toBe(byLsn)
        expect([lsnOf(partKey(lsn, part)), partOf(partKey(lsn, part))]).toEqual([lsn, part])
        expect(Buffer.compare(partKey(lsn, part), RECORDS_END)).toBe(-1)
      }),
    )
    expect(Buffer.compare(RECORDS_END, MARK_KEY)).toBe(-1)
  })
})

describe('partsOf', () => {
  it('cuts a record into numbered parts that make it up', () => {
    const record = testRecord(3n, { payloadBytes: 2 * PART_BYTES })
    const cut = partsOf(record)
    expect(cut.map(({ key }) => [lsnOf(key), partOf(key)])).toEqual([
      [3n, 0],
      [3n, 1],
      [3n, 2],
    ])
    expect(Buffer.concat(cut.map(({ value }) => value)).equals(record.bytes)).toBe(true)
  })

  it('copies only what LMDB cannot take the address of', () => {
    const { lsn, bytes } = testRecord(1n)
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    const fixed = bytes.slice()
    Object.preventExtensions(fixed.buffer)
    const [own] = partsOf({ lsn, bytes })
    expect(own?.value.buffer).toBe(bytes.buffer)
    for (const memory of [shared, fixed]) {
      const [copy] = partsOf({ lsn, bytes: memory })
      expect(copy?.value.buffer).not.toBe(memory.buffer)
      expect(copy?.value.equals(bytes)).toBe(true)
    }
  })
})
