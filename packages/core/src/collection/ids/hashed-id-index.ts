/**
 * An id index that is a hash table beside the ids of the rows: all that u64 and string ids share.
 */

import type { Allocator } from '../../contract/index.js'
import type { IdBatch, StringIdBatch, U64IdBatch } from '../../id-batch.js'
import { BatchIdIndex } from './batch-id-index.js'
import type { PutRows } from './id-index.js'
import { IdTable } from './id-table.js'
import type { RowKeys } from './row-keys.js'

/**
 * Ids of rows, which can be recorded.
 *
 * @internal
 */
export interface RecordedKeys<B> extends RowKeys<B> {
  /** Bytes of memory held. */
  readonly byteLength: number
  /**
   * Records ids `from` to `to - 1` of a batch as those of rows `rowBase + from` and following.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` when there is no memory
   */
  record(ids: B, from: number, to: number, rowBase: number): void
  /** Forgets the ids of rows `fromRow` to `toRow - 1`, the newest. */
  rewind(fromRow: number, toRow: number): void
  /** Forgets the ids of rows `fromRow` to `toRow - 1`, which nobody asks for any more. */
  forget(fromRow: number, toRow: number): void
  /** Gives all memory back. */
  release(): void
}

/**
 * An index over ids that the caller gives.
 *
 * @internal
 */
export abstract class HashedIdIndex<B extends U64IdBatch | StringIdBatch> extends BatchIdIndex<B> {
  abstract override readonly kind: B['kind']
  abstract override readIds(fromRow: number, toRow: number): B
  /** The caller gives the ids. */
  readonly nextId = 0
  readonly #keys: RecordedKeys<B>
  readonly #table: IdTable<B>

  constructor(allocator: Allocator, keys: RecordedKeys<B>) {
    super()
    this.#keys = keys
    this.#table = new IdTable(allocator, keys)
  }

  /** Ids in the index. */
  get entryCount(): number {
    return this.#table.entryCount
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#table.byteLength + this.#keys.byteLength
  }

  /** Nothing to check: the caller gives the ids. */
  checkAssigned(ids: IdBatch): void {
    this.batchOf(ids)
  }

  /** See {@link IdIndex.find}. */
  find(ids: IdBatch, out: Uint32Array): void {
    this.#table.getRange(this.batchOf(ids), 0, ids.count, out)
  }

  /** See {@link IdIndex.put}. */
  put(ids: IdBatch, from: number, to: number, rows: PutRows): void {
    const batch = this.batchOf(ids)
    this.#keys.record(batch, from, to, rows.rowBase)
    this.#table.setRange(batch, from, to, rows)
  }

  /** See {@link IdIndex.rewind}. */
  rewind(fromRow: number, toRow: number): void {
    this.#keys.rewind(fromRow, toRow)
  }

  /** See {@link IdIndex.removeRows}. */
  removeRows(fromRow: number, toRow: number): void {
    for (let row = fromRow; row < toRow; ) {
      const ids = this.readIds(row, toRow)
      this.#table.removeRows(this.batchOf(ids), row)
      row += ids.count
    }
  }

  /** See {@link IdIndex.forget}. */
  forget(fromRow: number, toRow: number): void {
    this.#keys.forget(fromRow, toRow)
  }

  /** The caller gives the ids. */
  nextIdAt(): number {
    return 0
  }

  /** See {@link IdTable.probeDistances}. */
  probeDistances(): { readonly mean: number; readonly max: number } {
    return this.#table.probeDistances()
  }

  /** Gives all memory back. */
  release(): void {
    this.#table.release()
    this.#keys.release()
  }

  protected override accepts(ids: IdBatch): ids is B {
    return ids.kind === this.kind
  }

  protected override get(ids: B, index: number): number {
    return this.#table.get(ids, index)
  }

  protected override set(ids: B, index: number, value: number): void {
    this.#table.set(ids, index, value)
  }

  protected override remove(ids: B, index: number): void {
    this.#table.remove(ids, index)
  }

  protected override removeValue(ids: B, index: number, value: number): void {
    this.#table.removeValue(ids, index, value)
  }
}
