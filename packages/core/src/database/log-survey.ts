/** A first look at the whole log: is it whole, and what will a replay need. */

import type { WalBackend } from '../contract/index.js'
import { CorruptionError } from '../errors.js'
import { type DecodedRecord, decodeRecord } from '../wal/record/decode.js'
import type { DecodedHeader } from '../wal/record/header.js'

/**
 * How records are checked.
 *
 * @internal
 */
export interface LogChecks {
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
  /** What records of this database are stamped with. */
  readonly databaseTag: number
}

/**
 * What a log contains.
 *
 * @internal
 */
export interface LogSurvey {
  readonly firstLsn: bigint
  /** `firstLsn - 1` for an empty log. */
  readonly lastLsn: bigint
  /** Everything up to this LSN was once on disk: what is damaged there is corruption. */
  readonly durableLsn: bigint
  /** The highest epoch. */
  readonly epoch: number
  /** Above every collection id. */
  readonly nextCollectionId: number
  readonly dropped: ReadonlySet<number>
  /** Rows of each collection that has new ones, by its id. */
  readonly rowCounts: ReadonlyMap<number, number>
  /** Bytes of all records. */
  readonly byteLength: number
}

/**
 * Where a survey begins.
 *
 * @internal
 */
export interface SurveyStart {
  /** The record before the first one. */
  readonly lsn: bigint
  readonly epoch: number
  readonly nextCollectionId: number
}

/**
 * Reads and checks all records from a start on: checksums, owner, LSNs without a gap, epochs that
 * never fall.
 *
 * @throws CorruptionError naming the LSN
 * @internal
 */
export async function surveyLog(
  wal: WalBackend,
  { crc32c, databaseTag }: LogChecks,
  start: SurveyStart = { lsn: wal.stats().firstLsn - 1n, epoch: 0, nextCollectionId: 1 },
): Promise<LogSurvey> {
  const firstLsn = start.lsn + 1n
  const dropped = new Set<number>()
  const rowCounts = new Map<number, number>()
  let lastLsn = start.lsn
  let durableLsn = start.lsn
  let { epoch, nextCollectionId } = start
  let byteLength = 0
  for await (const { lsn, bytes } of wal.read(firstLsn)) {
    const { header, entry } = decodeRecord(bytes, crc32c)
    checkOwner(header, databaseTag)
    checkOrder({ header, entry }, lsn, { lastLsn, epoch })
    lastLsn = lsn
    byteLength += bytes.byteLength
    epoch = header.epoch
    // A record at `disk` was appended only after all rows before it were synced.
    durableLsn = header.durability === 'disk' ? lsn : maxOf(durableLsn, header.durableLsn)
    nextCollectionId = Math.max(nextCollectionId, entry.collectionId + 1)
    if (entry.kind === 'drop') dropped.add(entry.collectionId)
    if (entry.kind === 'rows') rowCounts.set(entry.collectionId, entry.rowBase + entry.rowCount)
  }
  const counts = { epoch, nextCollectionId, dropped, rowCounts, byteLength }
  return { firstLsn, lastLsn, durableLsn, ...counts }
}

/**
 * Checks that a record was written by this database.
 *
 * @throws CorruptionError naming the LSN
 * @internal
 */
export function checkOwner({ lsn, databaseTag }: DecodedHeader, expected: number): void {
  if (databaseTag === expected) return
  const message = `log record ${lsn} belongs to another database`
  throw new CorruptionError('SLUICE_CORRUPT', message, {
    details: { lsn, expected, actual: databaseTag },
  })
}

/**
 * Checks that a record follows the one before: LSNs without a gap, epochs that never fall.
 *
 * @param lsn - what the backend calls it
 * @throws CorruptionError naming the LSN
 * @internal
 */
export function checkOrder(
  { header }: DecodedRecord,
  lsn: bigint,
  before: { readonly lastLsn: bigint; readonly epoch: number },
): void {
  const expected = before.lastLsn + 1n
  if (header.lsn === expected && lsn === expected && header.epoch >= before.epoch) return
  throw new CorruptionError(
    'SLUICE_CORRUPT',
    `log record ${lsn} (numbered ${header.lsn}, epoch ${header.epoch}) follows ` +
      `${before.lastLsn} (epoch ${before.epoch})`,
    { details: { lsn, expectedLsn: expected } },
  )
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
