/** The ids of a batch on their way into the id index, in steps short enough for the event loop. */

import { InvalidArgumentError } from '../../errors.js'
import type { IdBatch } from '../../id-batch.js'
import { DELETED, type IdIndex, NO_ROW, SIGNED_NO_ROW } from '../ids/id-index.js'
import type { PendingPut } from '../state/pending-puts.js'
import { inIdSteps } from './id-steps.js'

/**
 * Ids on their way into the index.
 *
 * @internal
 */
export interface IdEntry {
  readonly index: IdIndex
  readonly ids: IdBatch
  readonly put: PendingPut
  readonly refuseExisting: boolean
  /** Whether a value of the index names a row that was evicted: it counts as none. */
  readonly isEvicted: (value: number) => boolean
  /** Whether older writes were taken back meanwhile; this one then stays as it is. */
  readonly isAbandoned: () => boolean
}

/**
 * Enters ids, letting the event loop turn between steps.
 *
 * @returns how many replaced a live row
 * @throws InvalidArgumentError `SLUICE_DUPLICATE_ID`, `SLUICE_LIMIT_EXCEEDED`; every id is taken
 * back then, unless abandoned
 * @internal
 */
export async function enterIds(entry: IdEntry): Promise<number> {
  const { index, ids, put } = entry
  let updated = 0
  let entered = 0
  try {
    await inIdSteps(ids.count, (from, to) => {
      index.put(ids, from, to, put)
      entered = to
      updated += countReplaced(entry, from, to)
    })
  } catch (error) {
    await takeBack(entry, entered)
    throw error
  }
  return updated
}

/** Undoes the first `entered` ids, the last ones first. */
async function takeBack(entry: IdEntry, entered: number): Promise<void> {
  const { index, ids, put, isEvicted } = entry
  await inIdSteps(entered, (from, to) => {
    if (entry.isAbandoned()) return
    const { previous } = put
    // The row may have been taken out of the index meanwhile: it must not come back.
    for (let i = entered - to; i < entered - from; i++) {
      if (isEvicted(previous[i] ?? NO_ROW)) previous[i] = NO_ROW
    }
    index.undoPut(ids, entered - to, entered - from, previous)
  })
}

function countReplaced(entry: IdEntry, from: number, to: number): number {
  const { buffer, byteOffset, length } = entry.put.previous
  // As signed numbers: NO_ROW is a small one then, which costs no memory while code is cold.
  const previous = new Int32Array(buffer, byteOffset, length)
  let replaced = 0
  for (let i = from; i < to; i++) {
    const value = previous[i]!
    if (value === SIGNED_NO_ROW || (value & DELETED) !== 0 || entry.isEvicted(value)) continue
    if (entry.refuseExisting) throw duplicateId(entry, i, value)
    replaced++
  }
  return replaced
}

function duplicateId(entry: IdEntry, row: number, existing: number): InvalidArgumentError {
  const id = entry.index.idAt(entry.put.rowBase + row)
  const inBatch = existing - entry.put.rowBase
  const where = inBatch >= 0 ? `also the id of row ${inBatch} of this batch` : 'in the collection'
  return new InvalidArgumentError(
    'SLUICE_DUPLICATE_ID',
    `row ${row}: id ${typeof id === 'string' ? JSON.stringify(id) : id} is ${where}; ` +
      'use `upsert` to replace rows',
    { details: { row, id, ...(inBatch >= 0 ? { firstRow: inBatch } : {}) } },
  )
}
