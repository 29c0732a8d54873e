/** The ids of a batch on their way into the id index, in steps short enough for the event loop. */

import { InvalidArgumentError } from '../errors.js'
import type { IdBatch } from '../id-batch.js'
import { TimeSlice } from '../time-slice.js'
import { DELETED, type IdIndex, NO_ROW } from './ids/id-index.js'
import type { PendingPut } from './pending-puts.js'

/** Ids entered between two looks at the clock. */
const STEP_IDS = 4096

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
  const slice = new TimeSlice()
  let updated = 0
  let entered = 0
  try {
    while (entered < ids.count) {
      const from = entered
      const to = Math.min(ids.count, from + STEP_IDS)
      index.put(ids, from, to, put)
      entered = to
      updated += countReplaced(entry, from, to)
      if (slice.isOver()) await slice.next()
    }
  } catch (error) {
    while (entered > 0 && !entry.isAbandoned()) {
      const from = Math.max(0, entered - STEP_IDS)
      index.undoPut(ids, from, entered, put.previous)
      entered = from
      if (slice.isOver()) await slice.next()
    }
    throw error
  }
  return updated
}

function countReplaced(entry: IdEntry, from: number, to: number): number {
  let replaced = 0
  for (let i = from; i < to; i++) {
    const value = entry.put.previous[i] ?? NO_ROW
    if (value === NO_ROW || (value & DELETED) !== 0) continue
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
