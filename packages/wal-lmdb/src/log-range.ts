/** What an LMDB database says it holds of a log: the start mark, and the records at both ends. */

import { CorruptionError } from '@sluice/core'
import { lsnOf, MARK_KEY, partKey, RECORDS_END } from './keys.js'
import type { RecordSource } from './read-records.js'
import { decodeStartMark } from './start-mark.js'

/**
 * First and last LSN of a log.
 *
 * @internal
 */
export interface LogRange {
  /** `lastLsn + 1` when there is none. */
  readonly firstLsn: bigint
  readonly lastLsn: bigint
}

/**
 * Finds out what a database holds. Records below the mark are left of a truncation, and not
 * counted.
 *
 * @throws `SLUICE_CORRUPT` when the mark is missing or damaged, or the first record is missing
 * @internal
 */
export function readLogRange(source: RecordSource): LogRange {
  const { database, transaction, crc32c, file } = source
  const mark = database.get(MARK_KEY, transaction && { transaction })
  const range = lsnRange(source)
  if (mark === undefined) throw corrupt(file, 'its start mark is missing', range?.[0])
  const firstLsn = decodeStartMark(mark, crc32c, file)
  if (range === undefined || range[1] < firstLsn) return { firstLsn, lastLsn: firstLsn - 1n }
  if (range[0] > firstLsn) throw corrupt(file, `record ${firstLsn} is missing`, firstLsn)
  return { firstLsn, lastLsn: range[1] }
}

/** First and last LSN that have any value; undefined when none has. */
function lsnRange({ database, transaction }: RecordSource): readonly [bigint, bigint] | undefined {
  const common = { limit: 1, ...(transaction === undefined ? {} : { transaction }) }
  const [first] = database.getKeys({ start: partKey(0n), end: RECORDS_END, ...common })
  const backwards = { start: RECORDS_END, end: partKey(0n), reverse: true }
  const [last] = database.getKeys({ ...backwards, ...common })
  return first === undefined || last === undefined ? undefined : [lsnOf(first), lsnOf(last)]
}

function corrupt(file: string, problem: string, lsn?: bigint): CorruptionError {
  const message = `The log in ${file} is damaged: ${problem}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, lsn } })
}
