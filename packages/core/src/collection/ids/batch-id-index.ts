/**
 * The batch operations of every id index, written once over operations on a single id. What makes
 * them undoable: each keeps the value it replaced, and undoing restores values from the last id of
 * the range to the first, so that an id that occurs twice ends with what it had at the beginning.
 */

import { InternalError } from '../../errors.js'
import type { IdBatch } from '../../id-batch.js'
import type { IdKind } from '../../id-kind.js'
import type { IdColumn } from './id-column.js'
import { DELETED, type IdIndex, NO_ROW, type PutRows } from './id-index.js'

/**
 * An id index that takes batches of type B.
 *
 * @internal
 */
export abstract class BatchIdIndex<B extends IdBatch> implements IdIndex {
  abstract readonly kind: IdKind
  abstract readonly entryCount: number
  abstract readonly byteLength: number
  abstract readonly nextId: number

  /** Whether a batch is of a kind that this index takes. */
  protected abstract accepts(ids: IdBatch): ids is B
  /** The value of an id, or NO_ROW. */
  protected abstract get(ids: B, index: number): number
  /** Sets the value of an id. When it throws, nothing has changed. */
  protected abstract set(ids: B, index: number, value: number): void
  /** Removes an id, if it is there. */
  protected abstract remove(ids: B, index: number): void
  /** Removes an id, if this is its value. The id of the row need not be recorded any more. */
  protected abstract removeValue(ids: B, index: number, value: number): void
  abstract checkAssigned(ids: IdBatch): void
  abstract find(ids: IdBatch, out: Uint32Array): void
  abstract put(ids: IdBatch, from: number, to: number, rows: PutRows): void
  abstract rewind(fromRow: number, toRow: number): void
  abstract removeRows(fromRow: number, toRow: number): void
  abstract forget(fromRow: number, toRow: number): void
  abstract nextIdAt(rowCount: number): number
  abstract readIds(fromRow: number, toRow: number): IdColumn
  abstract idAt(row: number): bigint | string
  abstract idsAt(rows: Uint32Array, count: number): BigUint64Array | string[]
  abstract release(): void

  /** See {@link IdIndex.undoPut}. */
  undoPut(ids: IdBatch, from: number, to: number, previous: Uint32Array): void {
    const batch = this.batchOf(ids)
    for (let i = to - 1; i >= from; i--) {
      const value = previous[i]!
      if (value === NO_ROW) this.remove(batch, i)
      else this.set(batch, i, value)
    }
  }

  /** See {@link IdIndex.mark}. */
  mark(ids: IdBatch, from: number, to: number, previous: Uint32Array): void {
    const batch = this.batchOf(ids)
    let i = from
    try {
      for (; i < to; i++) {
        const value = this.get(batch, i)
        const isLive = value < DELETED
        if (isLive) this.set(batch, i, (value | DELETED) >>> 0)
        previous[i] = isLive ? value : NO_ROW
      }
    } catch (error) {
      this.undoMark(ids, from, i, previous)
      throw error
    }
  }

  /** See {@link IdIndex.undoMark}. */
  undoMark(ids: IdBatch, from: number, to: number, previous: Uint32Array): void {
    const batch = this.batchOf(ids)
    for (let i = to - 1; i >= from; i--) {
      const value = previous[i]!
      if (value !== NO_ROW) this.set(batch, i, value)
    }
  }

  /** See {@link IdIndex.sweep}. */
  sweep(ids: IdBatch, from: number, to: number, previous: Uint32Array): void {
    const batch = this.batchOf(ids)
    for (let i = from; i < to; i++) {
      const value = previous[i]!
      if (value !== NO_ROW) this.removeValue(batch, i, (value | DELETED) >>> 0)
    }
  }

  /** The batch, if this index takes it. */
  protected batchOf(ids: IdBatch): B {
    if (this.accepts(ids)) return ids
    throw new InternalError(`an index of ${this.kind} ids was given ${ids.kind} ids`)
  }
}
