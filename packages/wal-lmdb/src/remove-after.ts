/**
 * Removing the newest records, in bounded transactions: a single one over a whole log would hold
 * all its pages dirty in memory.
 */

import type { LogDatabase } from './environment.js'
import { lsnOf, partKey, RECORDS_END } from './keys.js'

/** Values removed in one transaction, give or take one record. */
const BATCH_PARTS = 1024

/**
 * Removes all records above `lsn`, newest first, so that a crash in between leaves no gap.
 *
 * @internal
 */
export async function removeAfter(database: LogDatabase, lsn: bigint): Promise<void> {
  for (let keys = lastKeys(database, lsn); keys.length > 0; keys = lastKeys(database, lsn)) {
    let removed: Promise<boolean> | undefined
    for (const key of keys) removed = database.remove(key)
    await removed
  }
}

/** Keys of whole records: half a record must never be left. */
function lastKeys(database: LogDatabase, lsn: bigint): Buffer[] {
  // Going down, the start is included and the end is not: the end is the last key to keep.
  const range = { start: RECORDS_END, end: partKey(lsn, 0xffff_ffff), reverse: true }
  const keys: Buffer[] = []
  for (const key of database.getKeys(range)) {
    const last = keys.at(-1)
    if (keys.length >= BATCH_PARTS && last !== undefined && lsnOf(last) !== lsnOf(key)) break
    keys.push(key)
  }
  return keys
}
