/**
 * Removing many records in bounded transactions. A single one over a whole log would hold all its
 * pages dirty in memory and block writers for as long as it takes.
 */

import type { LogDatabase } from './environment.js'
import { lsnOf, partKey, RECORDS_END } from './keys.js'

/** Values removed in one transaction, give or take one record. */
const BATCH_PARTS = 1024

/**
 * Removes all records below `lsn`, oldest first.
 *
 * @internal
 */
export async function removeBefore(database: LogDatabase, lsn: bigint): Promise<void> {
  await removeAll(database, { start: partKey(0n), end: partKey(lsn) })
}

/**
 * Removes all records above `lsn`, newest first, so that a crash in between leaves no gap.
 *
 * @internal
 */
export async function removeAfter(database: LogDatabase, lsn: bigint): Promise<void> {
  // Going down, the start is included and the end is not: the end is the last key to keep.
  const end = partKey(lsn, 0xffff_ffff)
  await removeAll(database, { start: RECORDS_END, end, reverse: true })
}

interface KeyRange {
  readonly start: Buffer
  readonly end: Buffer
  readonly reverse?: boolean
}

async function removeAll(database: LogDatabase, range: KeyRange): Promise<void> {
  for (let keys = someKeys(database, range); keys.length > 0; keys = someKeys(database, range)) {
    let removed: Promise<boolean> | undefined
    for (const key of keys) removed = database.remove(key)
    await removed
  }
}

/** Keys of whole records: half a record must never be left. */
function someKeys(database: LogDatabase, range: KeyRange): Buffer[] {
  const keys: Buffer[] = []
  for (const key of database.getKeys(range)) {
    const last = keys.at(-1)
    if (keys.length >= BATCH_PARTS && last !== undefined && lsnOf(last) !== lsnOf(key)) break
    keys.push(key)
  }
  return keys
}
