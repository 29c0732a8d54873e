/** Records for the log suite: real ones, of any size, told apart by their content. */

import type { Durability } from '../contract/durability.js'
import type { WalBackend, WalRecord } from '../contract/wal-backend.js'
import { encodeRecord } from '../wal/record/encode.js'
import { crc32c } from './wal-context.js'

/**
 * What a test record looks like.
 *
 * @public
 */
export interface TestRecordOptions {
  /** Bytes of payload; the record is a little larger. Default 40. */
  readonly payloadBytes?: number
  /** Changes the content. Default 0. */
  readonly salt?: number
  /** Default 1. */
  readonly epoch?: number
  /** Default 0. */
  readonly durableLsn?: bigint
  /** Default `disk`. */
  readonly durability?: Durability
}

/**
 * A valid record.
 *
 * @public
 */
export function testRecord(lsn: bigint, options: TestRecordOptions = {}): WalRecord {
  const { payloadBytes = 40, salt = 0, epoch = 1, durableLsn = 0n, durability = 'disk' } = options
  const payload = new Uint8Array(payloadBytes)
  const start = Number(lsn) * 31 + salt * 7
  for (let i = 0; i < payloadBytes; i++) payload[i] = start + i * 13 + (i >>> 8)
  const header = { lsn, durableLsn, epoch, durability, databaseTag: 0 }
  const bytes = encodeRecord(
    header,
    {
      kind: 'rows',
      collectionId: 1,
      rowBase: 0,
      rowCount: 1,
      rowsCrc: salt,
      ids: { kind: 'assigned', first: 0, count: 1 },
      ...(payloadBytes === 0 ? {} : { payload }),
    },
    crc32c,
  )
  return { lsn, bytes }
}

/**
 * `count` valid records from `firstLsn` on.
 *
 * @public
 */
export function testRecords(
  firstLsn: bigint,
  count: number,
  options: TestRecordOptions = {},
): WalRecord[] {
  return Array.from({ length: count }, (_, i) => testRecord(firstLsn + BigInt(i), options))
}

/**
 * All records that a log yields.
 *
 * @public
 */
export async function collect(log: WalBackend, fromLsn = 1n): Promise<WalRecord[]> {
  const records: WalRecord[] = []
  for await (const record of log.read(fromLsn)) records.push(record)
  return records
}
