/** A first look at the whole log: is it whole, and what will a replay need. */

import type { WalBackend } from '../contract/index.js'
import { CorruptionError } from '../errors.js'
import { type DecodedRecord, decodeRecord } from '../wal/record/decode.js'

/** A CRC-32C that continues from a seed. */
type Crc32c = (bytes: Uint8Array, seed?: number) => number

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
  /** Rows of each collection, by its id. */
  readonly rowCounts: ReadonlyMap<number, number>
}

/**
 * Reads and checks all records: checksums, LSNs without a gap, epochs that never fall.
 *
 * @throws CorruptionError naming the LSN
 * @internal
 */
export async function surveyLog(wal: WalBackend, crc32c: Crc32c): Promise<LogSurvey> {
  const { firstLsn } = wal.stats()
  const dropped = new Set<number>()
  const rowCounts = new Map<number, number>()
  let lastLsn = firstLsn - 1n
  let durableLsn = 0n
  let epoch = 0
  let nextCollectionId = 1
  for await (const { lsn, bytes } of wal.read(firstLsn)) {
    const { header, entry } = decodeRecord(bytes, crc32c)
    checkOrder({ header, entry }, lsn, { lastLsn, epoch })
    lastLsn = lsn
    epoch = header.epoch
    // A record at `disk` was appended only after all rows before it were synced.
    durableLsn = header.durability === 'disk' ? lsn : maxOf(durableLsn, header.durableLsn)
    nextCollectionId = Math.max(nextCollectionId, entry.collectionId + 1)
    if (entry.kind === 'drop') dropped.add(entry.collectionId)
    if (entry.kind === 'rows') rowCounts.set(entry.collectionId, entry.rowBase + entry.rowCount)
  }
  return { firstLsn, lastLsn, durableLsn, epoch, nextCollectionId, dropped, rowCounts }
}

function checkOrder(
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
