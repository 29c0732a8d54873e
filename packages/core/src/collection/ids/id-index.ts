/**
 * What an id index does: it names, for each id, the newest row submitted under it. Writes enter it
 * when they are submitted, in order, and become visible later; so each remembers what it found,
 * and can be undone in the opposite order. It does not know what is visible.
 */

import type { IdBatch } from '../../id-batch.js'
import type { IdKind } from '../../id-kind.js'
import type { IdColumn } from './id-column.js'

/**
 * The value of an id that is not in the index.
 *
 * @internal
 */
export const NO_ROW = 0xffffffff

/**
 * The same, where values are read as signed numbers.
 *
 * @internal
 */
export const SIGNED_NO_ROW: number = NO_ROW | 0

/**
 * Flag in a value: the delete of this row was submitted and has not committed yet.
 *
 * @internal
 */
export const DELETED = 0x80000000

/**
 * The rows of a put.
 *
 * @internal
 */
export interface PutRows {
  /** Id i of the batch is that of row `rowBase + i`. */
  readonly rowBase: number
  /** Takes the value of each id before. */
  readonly previous: Uint32Array
}

/**
 * An index from ids to rows, and from rows to ids. A value is a row, with {@link DELETED} or
 * without, or {@link NO_ROW}. Ranges `from` to `to - 1` choose rows of the batch; `previous[i]`
 * belongs to row i of the batch.
 *
 * @internal
 */
export interface IdIndex {
  readonly kind: IdKind
  /** Ids in the index, those marked deleted included. */
  readonly entryCount: number
  /** Bytes of memory held. */
  readonly byteLength: number
  /** The id that the collection assigns next, from 1; 0 where the caller gives the ids. */
  readonly nextId: number
  /**
   * Checks that ids given explicitly were assigned before. Of no effect for other kinds.
   *
   * @throws StateError `SLUICE_NOT_FOUND` naming the first row whose id was not
   */
  checkAssigned(ids: IdBatch): void
  /** Looks all ids up: `out[i]` becomes the value of id i. */
  find(ids: IdBatch, out: Uint32Array): void
  /**
   * Points id i to row `rowBase + i` and records that row's id. `rows.previous[i]` becomes the
   * value before: of an id that occurs twice, the second sees the row of the first.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; the index is then as it was
   */
  put(ids: IdBatch, from: number, to: number, rows: PutRows): void
  /** Takes a `put` back, the newest one that still stands. */
  undoPut(ids: IdBatch, from: number, to: number, previous: Uint32Array): void
  /** Forgets the ids recorded for rows `fromRow` to `toRow - 1`, whose `put` was taken back. */
  rewind(fromRow: number, toRow: number): void
  /**
   * Removes the entries of rows `fromRow` to `toRow - 1`, which are dead for good, without a change
   * of those ids that name another row by now. Their ids stay recorded. Takes no memory.
   */
  removeRows(fromRow: number, toRow: number): void
  /**
   * Gives back what is recorded for rows `fromRow` to `toRow - 1`, each at most once. They are dead
   * for good; a delete of theirs may still be swept afterwards.
   */
  forget(fromRow: number, toRow: number): void
  /**
   * Submits a delete: adds {@link DELETED} to the value, and `previous[i]` becomes the value
   * before; NO_ROW where there was no entry or it was marked already.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; the index is then as it was
   */
  mark(ids: IdBatch, from: number, to: number, previous: Uint32Array): void
  /** Takes a `mark` back, the newest change that still stands. */
  undoMark(ids: IdBatch, from: number, to: number, previous: Uint32Array): void
  /** Removes the marked entries of a committed delete, but not ids that were put again since. */
  sweep(ids: IdBatch, from: number, to: number, previous: Uint32Array): void
  /**
   * The id that would be assigned next if rows below `rowCount`, which are visible, were all there
   * are; 0 where the caller gives the ids.
   */
  nextIdAt(rowCount: number): number
  /**
   * The ids recorded for rows from `fromRow` on: of at least one row and none from `toRow` on, as
   * many as are read in about a millisecond. Rows without an id get 0 or the empty string.
   */
  readIds(fromRow: number, toRow: number): IdColumn
  /** The id recorded for a row. */
  idAt(row: number): bigint | string
  /** The ids recorded for the first `count` of `rows`, in their order. */
  idsAt(rows: Uint32Array, count: number): BigUint64Array | string[]
  /** Gives all memory back. */
  release(): void
}
