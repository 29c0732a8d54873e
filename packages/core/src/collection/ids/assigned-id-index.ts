/**
 * The id index of a collection that assigns its ids, 1, 2, 3 and so on. As long as rows are only
 * added, a few runs say it all. An id whose row was replaced or deleted moves to a hash table, and
 * a bit says that its run no longer speaks for it; nor does it for ids of rows that were evicted,
 * which are the lowest.
 */

import type { Allocator } from '../../contract/index.js'
import { InternalError, StateError } from '../../errors.js'
import type { IdBatch } from '../../id-batch.js'
import { RowWords } from '../rows/row-words.js'
import { AssignedRowKeys, exactIdOf, type NumberIds, numberIdOf } from './assigned-row-keys.js'
import { AssignedRuns } from './assigned-runs.js'
import { BatchIdIndex } from './batch-id-index.js'
import { type IdRuns, RUN_FIELDS } from './id-column.js'
import { NO_ROW, type PutRows } from './id-index.js'
import { IdTable } from './id-table.js'
import { readIdRuns } from './read-id-runs.js'

/**
 * An index of assigned ids. It takes batches of `assigned` ids and of `u64` ids that were
 * assigned before.
 *
 * @internal
 */
export class AssignedIdIndex extends BatchIdIndex<NumberIds> {
  readonly kind = 'assigned'
  readonly #runs: AssignedRuns
  readonly #keys: AssignedRowKeys
  /** What became of the ids whose bit in `#moved` is set. */
  readonly #table: IdTable<NumberIds>
  /** A bit per id, 32 to a word; none below `#runsFromId`. */
  readonly #moved: RowWords
  /** Ids below this have all moved. */
  #runsFromId = 1
  #movedCount = 0
  #nextId = 1
  /** What comes after the ids that runs do not know any more. */
  #nextIdMin = 1

  /** @param seed - an unpredictable u32 */
  constructor(allocator: Allocator, seed: number) {
    super()
    this.#runs = new AssignedRuns(allocator)
    this.#keys = new AssignedRowKeys(allocator, this.#runs, seed)
    this.#table = new IdTable(allocator, this.#keys)
    this.#moved = new RowWords(allocator, 1)
  }

  /** The id that is assigned next. */
  get nextId(): number {
    return this.#nextId
  }

  /** Ids in the index. */
  get entryCount(): number {
    return this.#runs.idCount - this.#movedCount + this.#table.entryCount
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    const { explicit } = this.#keys
    const ids = this.#runs.byteLength + explicit.byteLength
    return ids + this.#table.byteLength + this.#moved.byteLength
  }

  /** See {@link IdIndex.checkAssigned}. */
  checkAssigned(ids: IdBatch): void {
    this.#checkRange(this.batchOf(ids), 0, ids.count)
  }

  /** See {@link IdIndex.find}. */
  find(ids: IdBatch, out: Uint32Array): void {
    const batch = this.batchOf(ids)
    for (let i = 0; i < batch.count; i++) out[i] = this.get(batch, i)
  }

  /** See {@link IdIndex.put}. Assigned ids must be newer than all before. */
  put(ids: IdBatch, from: number, to: number, { rowBase, previous }: PutRows): void {
    const batch = this.batchOf(ids)
    if (from >= to) return
    if (batch.kind === 'assigned') {
      const first = batch.first + from
      if (first < this.#nextId) throw new InternalError(`id ${first} was assigned before`)
      this.#runs.append(first, rowBase + from, to - from)
      this.#nextId = first + (to - from)
      previous.fill(NO_ROW, from, to)
      return
    }
    this.#checkRange(batch, from, to)
    this.#keys.explicit.record(batch, from, to, rowBase)
    let i = from
    try {
      for (; i < to; i++) {
        previous[i] = this.get(batch, i)
        this.set(batch, i, rowBase + i)
      }
    } catch (error) {
      this.undoPut(batch, from, i, previous)
      throw error
    }
  }

  /** Nothing to do: a later `put` records over what is there. */
  rewind(): void {
    // See above.
  }

  /** See {@link IdIndex.removeRows}. Rows before them are dead for good, too. */
  removeRows(fromRow: number, toRow: number): void {
    for (let row = fromRow; row < toRow; ) {
      const { fields, count } = readIdRuns(this.#runs, this.#keys.explicit, row, toRow)
      this.#removeExplicit(fields, row)
      row += count
    }
    this.#moveBelow(this.#runs.idEndBefore(toRow))
  }

  /** See {@link IdIndex.forget}. The ids of dead rows have moved, all of them. */
  forget(fromRow: number, toRow: number): void {
    const { idCount, idEnd } = this.#runs.forget(fromRow, toRow)
    this.#movedCount -= idCount
    this.#nextIdMin = Math.max(this.#nextIdMin, idEnd)
    this.#keys.explicit.forget(fromRow, toRow)
  }

  /** See {@link IdIndex.nextIdAt}. */
  nextIdAt(rowCount: number): number {
    return Math.max(this.#nextIdMin, this.#runs.idEndBefore(rowCount))
  }

  /** See {@link IdIndex.readIds}. */
  readIds(fromRow: number, toRow: number): IdRuns {
    return readIdRuns(this.#runs, this.#keys.explicit, fromRow, toRow)
  }

  /** Starts an empty index over: ids below `nextId` were assigned, and rows of them may come. */
  restoreNextId(nextId: number): void {
    this.#nextId = nextId
    this.#nextIdMin = nextId
  }

  /**
   * Brings rows back to which ids were assigned: newer ids and rows than all before.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; nothing has changed then
   */
  restoreRun(idFirst: number, rowBase: number, count: number): void {
    this.#runs.append(idFirst, rowBase, count)
  }

  /**
   * Removes ids of dead rows that `restoreRun` brought back.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; nothing has changed then
   */
  removeRestored(idFirst: number, count: number): void {
    const end = idFirst + count
    this.#moved.ensure(Math.floor(idFirst / 32), Math.floor((end - 1) / 32) + 1)
    for (let id = idFirst; id < end; id++) this.#setMoved(id, true)
    this.#movedCount += count
  }

  /** See {@link IdIndex.undoPut}. */
  override undoPut(ids: IdBatch, from: number, to: number, previous: Uint32Array): void {
    const batch = this.batchOf(ids)
    if (batch.kind === 'u64') {
      super.undoPut(batch, from, to, previous)
      return
    }
    const first = batch.first + from
    for (let i = from; i < to; i++) {
      if (!this.#isMoved(batch.first + i)) continue
      this.#table.remove(batch, i)
      this.#setMoved(batch.first + i, false)
      this.#movedCount -= 1
    }
    this.#runs.truncate(first)
    this.#nextId = Math.min(this.#nextId, first)
  }

  /** See {@link IdIndex.idAt}; 0 where no id is recorded. */
  idAt(row: number): bigint {
    const id = this.#runs.idOf(row)
    return id === undefined ? this.#keys.explicit.idAt(row) : BigInt(id)
  }

  /** See {@link IdIndex.idsAt}. */
  idsAt(rows: Uint32Array, count: number): BigUint64Array {
    const ids = new BigUint64Array(count)
    for (let i = 0; i < count; i++) ids[i] = this.idAt(rows[i]!)
    return ids
  }

  /** Gives all memory back. */
  release(): void {
    this.#runs.release()
    this.#keys.explicit.release()
    this.#table.release()
    this.#moved.release()
    this.#movedCount = 0
  }

  protected override accepts(ids: IdBatch): ids is NumberIds {
    return ids.kind !== 'string'
  }

  protected override get(ids: NumberIds, index: number): number {
    const id = numberIdOf(ids, index)
    if (id < 1 || id >= this.#nextId) return NO_ROW
    const hasMoved = id < this.#runsFromId || this.#isMoved(id)
    return hasMoved ? this.#table.get(ids, index) : this.#runs.rowOf(id)
  }

  protected override set(ids: NumberIds, index: number, value: number): void {
    const id = numberIdOf(ids, index)
    if (id < this.#runsFromId) {
      this.#table.set(ids, index, value)
      return
    }
    const word = Math.floor(id / 32)
    this.#moved.ensure(word, word + 1)
    this.#table.set(ids, index, value)
    if (this.#isMoved(id)) return
    this.#setMoved(id, true)
    if (this.#runs.rowOf(id) !== NO_ROW) this.#movedCount += 1
  }

  protected override remove(ids: NumberIds, index: number): void {
    this.#table.remove(ids, index)
  }

  protected override removeValue(ids: NumberIds, index: number, value: number): void {
    this.#table.removeValue(ids, index, value)
  }

  /** Removes the entries of rows from `row` on that were written under ids assigned before. */
  #removeExplicit(fields: Float64Array, firstRow: number): void {
    let row = firstRow
    for (let at = 0; at < fields.length; at += RUN_FIELDS) {
      const count = fields[at]!
      const ids = { kind: 'assigned' as const, count, first: fields[at + 2]! }
      if (fields[at + 1] === 1) this.#table.removeRows(ids, row)
      row += count
    }
  }

  /** Says that runs do not speak for ids below `id` any more, and gives back their bits. */
  #moveBelow(id: number): void {
    const from = this.#runsFromId
    if (id <= from) return
    for (let each = from; each < id; each++) {
      if (!this.#isMoved(each) && this.#runs.rowOf(each) !== NO_ROW) this.#movedCount += 1
    }
    this.#runsFromId = id
    this.#moved.forget(Math.floor(from / 32), Math.floor(id / 32))
  }

  /** Checks that ids `from` to `to - 1` were assigned. */
  #checkRange(batch: NumberIds, from: number, to: number): void {
    for (let row = from; row < to; row++) {
      const id = numberIdOf(batch, row)
      if (id >= 1 && id < this.#nextId) continue
      throw new StateError(
        'SLUICE_NOT_FOUND',
        `row ${row}: id ${exactIdOf(batch, row)} was never assigned; the next one is ` +
          `${this.#nextId}. Leave out \`ids\` to add rows`,
        { details: { row, id: exactIdOf(batch, row), nextId: this.#nextId } },
      )
    }
  }

  #isMoved(id: number): boolean {
    return ((this.#moved.first(Math.floor(id / 32)) >>> (id % 32)) & 1) === 1
  }

  #setMoved(id: number, moved: boolean): void {
    const word = Math.floor(id / 32)
    const bit = 1 << (id % 32)
    const bits = this.#moved.first(word)
    this.#moved.setFirst(word, moved ? bits | bit : bits & ~bit)
  }
}
