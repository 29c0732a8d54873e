/**
 * Which rows the assigned ids were given to: runs of consecutive ids and rows, in leased memory.
 * Invariant: ids and rows both rise from run to run, and runs that continue each other are one.
 */

import type { Allocator, Lease } from '../../contract/index.js'
import { InternalError } from '../../errors.js'
import { NO_ROW } from './id-index.js'

/** First id, first row, count. */
const FIELDS = 3
const RUNS_MIN = 170

/**
 * A run-length table of assigned ids.
 *
 * @internal
 */
export class AssignedRuns {
  readonly #allocator: Allocator
  #lease: Lease | undefined
  #fields: Float64Array = new Float64Array(0)
  #runCount = 0
  #idCount = 0

  constructor(allocator: Allocator) {
    this.#allocator = allocator
  }

  /** Runs there are. */
  get runCount(): number {
    return this.#runCount
  }

  /** Ids in all runs. */
  get idCount(): number {
    return this.#idCount
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#fields.byteLength
  }

  /**
   * Adds a run behind the last one.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; nothing has changed then
   */
  append(idFirst: number, rowBase: number, count: number): void {
    const last = (this.#runCount - 1) * FIELDS
    if (last >= 0) {
      const idEnd = this.#fields[last]! + this.#fields[last + 2]!
      const rowEnd = this.#fields[last + 1]! + this.#fields[last + 2]!
      if (idFirst < idEnd || rowBase < rowEnd) {
        throw new InternalError(`ids from ${idFirst} to rows from ${rowBase} were assigned before`)
      }
      if (idFirst === idEnd && rowBase === rowEnd) {
        this.#fields[last + 2] = this.#fields[last + 2]! + count
        this.#idCount += count
        return
      }
    }
    if ((this.#runCount + 1) * FIELDS > this.#fields.length) this.#grow()
    this.#fields.set([idFirst, rowBase, count], this.#runCount * FIELDS)
    this.#runCount += 1
    this.#idCount += count
  }

  /** Removes all ids from `id` on. */
  truncate(id: number): void {
    while (this.#runCount > 0) {
      const last = (this.#runCount - 1) * FIELDS
      const idFirst = this.#fields[last]!
      const count = this.#fields[last + 2]!
      const kept = Math.min(count, Math.max(0, id - idFirst))
      this.#idCount -= count - kept
      this.#fields[last + 2] = kept
      if (kept > 0) return
      this.#runCount -= 1
    }
  }

  /**
   * Removes the runs whose rows all lie from `fromRow` to `toRow - 1`. A run that goes beyond stays
   * as it is: it would take as much memory if it were shorter.
   *
   * @returns ids removed, and the id after the last of them; 0 of both when there was none
   */
  forget(fromRow: number, toRow: number): { readonly idCount: number; readonly idEnd: number } {
    let first = this.#indexAfter(fromRow, 1)
    if (first > 0 && this.rowBase(first - 1) >= fromRow) first -= 1
    let end = first
    let idCount = 0
    let idEnd = 0
    for (; end < this.#runCount && this.rowBase(end) + this.idCountOf(end) <= toRow; end++) {
      idCount += this.idCountOf(end)
      idEnd = this.idFirst(end) + this.idCountOf(end)
    }
    this.#fields.copyWithin(first * FIELDS, end * FIELDS, this.#runCount * FIELDS)
    this.#runCount -= end - first
    this.#idCount -= idCount
    return { idCount, idEnd }
  }

  /** The first run that covers a row or lies behind it: `runCount` if there is none. */
  indexFrom(row: number): number {
    const index = this.#indexAfter(row, 1)
    const isCovered = index > 0 && row < this.rowBase(index - 1) + this.idCountOf(index - 1)
    return isCovered ? index - 1 : index
  }

  /** The id after the last one that was given to a row below `row`; 0 when there is none. */
  idEndBefore(row: number): number {
    const index = this.#indexAfter(row - 1, 1) - 1
    if (index < 0) return 0
    return this.idFirst(index) + Math.min(this.idCountOf(index), row - this.rowBase(index))
  }

  /** The first id of a run. */
  idFirst(index: number): number {
    return this.#fields[index * FIELDS]!
  }

  /** The first row of a run. */
  rowBase(index: number): number {
    return this.#fields[index * FIELDS + 1]!
  }

  /** Ids, and rows, of a run. */
  idCountOf(index: number): number {
    return this.#fields[index * FIELDS + 2]!
  }

  /** The row that an id was given to, or NO_ROW. */
  rowOf(id: number): number {
    return this.#translate(id, 0, 1) ?? NO_ROW
  }

  /** The id that was given to a row, or undefined. */
  idOf(row: number): number | undefined {
    return this.#translate(row, 1, 0)
  }

  /** Gives all memory back; there are no runs afterwards. */
  release(): void {
    this.#lease?.release()
    this.#lease = undefined
    this.#fields = new Float64Array(0)
    this.#runCount = 0
    this.#idCount = 0
  }

  /** Finds the run in which field `from` covers `value`, and maps it to field `to`. */
  #translate(value: number, from: number, to: number): number | undefined {
    const fields = this.#fields
    const index = this.#indexAfter(value, from)
    if (index === 0) return undefined
    const run = (index - 1) * FIELDS
    const offset = value - fields[run + from]!
    return offset < fields[run + 2]! ? fields[run + to]! + offset : undefined
  }

  /** The first run whose field `field` is above a value. */
  #indexAfter(value: number, field: number): number {
    const fields = this.#fields
    let low = 0
    let high = this.#runCount
    while (low < high) {
      const middle = (low + high) >>> 1
      if (fields[middle * FIELDS + field]! <= value) low = middle + 1
      else high = middle
    }
    return low
  }

  #grow(): void {
    const runCapacity = Math.max(RUNS_MIN, Math.floor((2 * this.#fields.length) / FIELDS))
    const byteLength = runCapacity * FIELDS * 8
    const lease = this.#allocator.allocate(byteLength)
    const { bytes } = lease
    const grown = new Float64Array(bytes.buffer, bytes.byteOffset, byteLength / 8)
    grown.set(this.#fields)
    this.#lease?.release()
    this.#lease = lease
    this.#fields = grown
  }
}
