/** What the collections with long rows must hold, kept outside the database. */

import type { LongIdKind, LongWrite } from './long-rows.mjs'

/** The kinds of ids, each the name of a collection. */
export const LONG_ID_KINDS: readonly LongIdKind[] = ['u64', 'string', 'assigned']

/** The state of one collection. */
export interface LongRows {
  /** For each key the number of the operation that wrote its row. */
  readonly rows: ReadonlyMap<number, number>
  /** The id that is assigned next; 1 where callers give the ids. */
  readonly nextId: number
}

/** A collection without rows. */
export const NO_LONG_ROWS: LongRows = { rows: new Map(), nextId: 1 }

/** A database: the state of each collection. */
export type LongState = Readonly<Record<LongIdKind, LongRows>>

/** A database without rows. */
export const NO_LONG_STATE: LongState = {
  u64: NO_LONG_ROWS,
  string: NO_LONG_ROWS,
  assigned: NO_LONG_ROWS,
}

/** The state after one more write of the same collection. */
export function afterWrite(before: LongRows, write: LongWrite): LongRows {
  const rows = new Map(before.rows)
  for (const key of write.keys) {
    if (write.kind === 'delete') rows.delete(key)
    else rows.set(key, write.number)
  }
  const isAssigning = write.idKind === 'assigned' && write.kind === 'add'
  const nextId = before.nextId + (isAssigning ? write.keys.length : 0)
  return { rows, nextId }
}

/** The database after one more write. */
export function afterWriteTo(state: LongState, write: LongWrite): LongState {
  return { ...state, [write.idKind]: afterWrite(state[write.idKind], write) }
}

/** Whether two tables of rows are the same. */
export function hasSameRows(a: LongRows['rows'], b: LongRows['rows']): boolean {
  if (a.size !== b.size) return false
  for (const [key, number] of a) if (b.get(key) !== number) return false
  return true
}

/**
 * The states of a collection after some prefix of writes, at least `least` of them, that have just
 * these rows: none when the rows are wrong. They differ in the ids that they assigned.
 */
export function prefixesOf(
  rows: LongRows['rows'],
  base: LongRows,
  writes: readonly LongWrite[],
  least: number,
): readonly LongRows[] {
  const found: LongRows[] = []
  let state = base
  for (let count = 0; ; count++) {
    if (count >= least && hasSameRows(rows, state.rows)) found.push(state)
    const next = writes[count]
    if (next === undefined) return found
    state = afterWrite(state, next)
  }
}
