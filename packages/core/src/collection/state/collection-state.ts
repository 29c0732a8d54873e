/**
 * What a collection is made of, shared by the classes that write, read and recover it. The id
 * index runs ahead of what is visible (it knows every submitted row); `visibleRows` and the alive
 * bits change only when the log says so.
 */

import { setMaxListeners } from 'node:events'
import type { VectorStore } from '../../contract/index.js'
import { InvalidArgumentError, StateError } from '../../errors.js'
import type { IdKind } from '../../id-kind.js'
import type { CodeIndex } from '../../index/code-index.js'
import type { RetentionSchema, StoredSchema } from '../../schema.js'
import { SerialQueue } from '../../serial-queue.js'
import { TimeSlice } from '../../time-slice.js'
import { DELETED, type IdIndex, NO_ROW } from '../ids/id-index.js'
import { stretchMsOf } from '../retention/due-rows.js'
import { RowTimes } from '../retention/row-times.js'
import type { AliveBits } from '../rows/alive-bits.js'
import type { RowBytes } from '../rows/row-bytes.js'
import { RowChecksums } from '../rows/row-checksums.js'
import { PendingPuts } from './pending-puts.js'
import { ReadPins } from './read-pins.js'

/** Rows forgotten between two looks at the clock: some tenths of a millisecond. */
const FORGET_ROWS = 4096

/**
 * Rows that become visible.
 *
 * @internal
 */
export interface ShownRows {
  readonly rowBase: number
  readonly rowCount: number
  /** When they were written, in milliseconds since 1970, where the collection has a retention. */
  readonly writtenMs?: number | undefined
}

/**
 * The parts of a {@link CollectionState}.
 *
 * @internal
 */
export interface CollectionParts {
  readonly id: number
  readonly name: string
  readonly schema: StoredSchema
  readonly store: VectorStore
  readonly alive: AliveBits
  readonly metadata: RowBytes
  readonly createIds: (kind: IdKind) => IdIndex
  /** Undefined where searches compare every row. */
  readonly codes?: CodeIndex | undefined
}

/**
 * The state of one collection.
 *
 * @internal
 */
export class CollectionState {
  readonly id: number
  readonly name: string
  /** Replaced when its retention changes, and never otherwise. */
  schema: StoredSchema
  readonly store: VectorStore
  readonly alive: AliveBits
  readonly metadata: RowBytes
  /** The codes of rows, visible or not; undefined where searches compare every row. */
  readonly codes: CodeIndex | undefined
  readonly pendingPuts: PendingPuts = new PendingPuts()
  /** Checksums of the visible rows. */
  readonly checksums: RowChecksums
  /** When rows were written, where that matters. */
  readonly times: RowTimes
  /** Who looks at rows. */
  readonly reads: ReadPins = new ReadPins()
  /** Those of them that search, on whatever thread. */
  readonly searches: ReadPins = new ReadPins()
  /** Who writes or removes its files, beside the store: one at a time. */
  readonly fileTurns: SerialQueue = new SerialQueue()
  /** Rows below this are visible, if alive. */
  visibleRows = 0
  /** Rows that its retention has hidden since it was opened. */
  evictedRows = 0
  /** Told when rows were submitted: the row behind the last of them. */
  onSubmitted: (toRow: number) => void = () => undefined
  /** Told when rows have become visible. */
  onShown: () => void = () => undefined
  /** Resolves when rows over a bound have gone. Never rejects. */
  whenEvicted: () => Promise<void> = () => Promise.resolve()
  readonly #createIds: (kind: IdKind) => IdIndex
  readonly #freedSegments = new Set<number>()
  /** Segments that are freed, or being freed. */
  readonly #freeing = new Set<number>()
  readonly #dropping = new AbortController()
  #evictedRow = 0
  #ids: IdIndex | undefined

  constructor(parts: CollectionParts) {
    this.id = parts.id
    this.name = parts.name
    this.schema = parts.schema
    this.store = parts.store
    this.alive = parts.alive
    this.metadata = parts.metadata
    this.codes = parts.codes
    this.checksums = new RowChecksums(parts.store)
    this.times = new RowTimes(parts.store.rowsPerSegment)
    this.#createIds = parts.createIds
    // Every search under way may listen: many are no leak to be warned of.
    setMaxListeners(0, this.dropping)
  }

  /** The id index, once the first batch has decided its kind. */
  get ids(): IdIndex | undefined {
    return this.#ids
  }

  /** Whether the collection was dropped. */
  get isDropped(): boolean {
    return this.dropping.aborted
  }

  /** Fires when the collection is dropped. */
  get dropping(): AbortSignal {
    return this.#dropping.signal
  }

  /** All rows below this are dead for good; ids may still name them until their memory goes. */
  get evictedRow(): number {
    return this.#evictedRow
  }

  /** Segments whose memory was given back. */
  get freedSegments(): ReadonlySet<number> {
    return this.#freedSegments
  }

  /**
   * The id index for a batch of ids of this kind, made when there is none.
   *
   * @throws InvalidArgumentError `SLUICE_SCHEMA_MISMATCH` when the collection has another kind
   */
  idsFor(kind: IdKind): IdIndex {
    this.checkIdKind(kind)
    this.#ids ??= this.#createIds(kind)
    return this.#ids
  }

  /**
   * Checks that ids of this kind fit. In a collection with assigned ids, u64 ids name rows that
   * exist already. No ids fit everywhere.
   *
   * @throws InvalidArgumentError `SLUICE_SCHEMA_MISMATCH`
   */
  checkIdKind(kind: IdKind, count = 1): void {
    const own = this.#ids?.kind
    if (count === 0 || own === undefined || own === kind) return
    if (own === 'assigned' && kind === 'u64') return
    throw new InvalidArgumentError(
      'SLUICE_SCHEMA_MISMATCH',
      kind === 'assigned'
        ? `collection "${this.name}" has ${own} ids: give \`ids\``
        : `collection "${this.name}" has ${own} ids; got ${kind} ids`,
      { details: { collection: this.name, expected: own, actual: kind } },
    )
  }

  /** @throws StateError `SLUICE_NOT_FOUND` once the collection was dropped */
  checkNotDropped(): void {
    if (!this.isDropped) return
    throw new StateError('SLUICE_NOT_FOUND', `collection "${this.name}" was dropped`, {
      details: { collection: this.name },
    })
  }

  /** Says that the collection was dropped, and lets those know who search it. */
  drop(): void {
    this.#dropping.abort()
  }

  /** Makes rows visible that are in place in all other ways. */
  show({ rowBase, rowCount, writtenMs }: ShownRows): void {
    const { retention } = this.schema
    this.visibleRows = rowBase + rowCount
    // Rows whose collection got a retention while they were on their way have no time of their own.
    if (retention) this.times.note(this.visibleRows, writtenMs ?? 0, stretchMsOf(retention))
    this.onShown()
  }

  /**
   * Keeps rows by other bounds from now on; undefined: for ever.
   *
   * @param seconds - since 1970: rows of which nobody knows the time count as written then
   */
  retain(retention: RetentionSchema | undefined, seconds: number): void {
    const { retention: _, ...rest } = this.schema
    this.schema = retention === undefined ? rest : { ...rest, retention }
    this.times.note(this.visibleRows, seconds * 1000, stretchMsOf(retention))
  }

  /** Hides all rows below `toRow`, which are visible, for good; returns how many it hid. */
  evict(toRow: number): number {
    const { aliveCount } = this.alive
    this.alive.clearRange(this.#evictedRow, toRow - this.#evictedRow)
    this.#evictedRow = Math.max(this.#evictedRow, toRow)
    this.times.forget(this.#evictedRow)
    return aliveCount - this.alive.aliveCount
  }

  /** Whether a value of the id index names a row that was evicted, which is as good as none. */
  isEvicted(value: number): boolean {
    return value !== NO_ROW && (value & ~DELETED) >>> 0 < this.#evictedRow
  }

  /** Forgets the id index of a collection whose first batch was refused. */
  resetIdsIfEmpty(): void {
    if (this.store.rowCount > 0) return
    this.#ids?.release()
    this.#ids = undefined
  }

  /** Turns values of the id index into visible rows, in place; NO_ROW where there is none. */
  resolveVisible(values: Uint32Array): void {
    for (let i = 0; i < values.length; i++) values[i] = this.#visibleRowOf(values[i] ?? NO_ROW)
  }

  /**
   * Gives the memory of a full segment back, whose rows are all dead for good and read by nobody,
   * in steps short enough for the event loop. Freeing it again changes nothing.
   *
   * @param isOver - asked whenever it has waited; ends it half way
   */
  async freeSegment(index: number, isOver: () => boolean = () => false): Promise<void> {
    if (this.#freeing.has(index)) return
    this.#freeing.add(index)
    const slice = new TimeSlice()
    const { rowsPerSegment } = this.store
    const end = (index + 1) * rowsPerSegment
    for (let row = index * rowsPerSegment; row < end; row += FORGET_ROWS) {
      const to = Math.min(end, row + FORGET_ROWS)
      // Other dead rows were taken out of the index when they died.
      if (row < this.#evictedRow) this.#ids?.removeRows(row, to)
      this.#ids?.forget(row, to)
      this.metadata.forget(row, to)
      if (slice.isOver()) await slice.next()
      if (this.isDropped || isOver()) return
    }
    this.codes?.freeSegment(index)
    const whenQuiet = this.codes?.whenQuiet()
    if (whenQuiet !== undefined) await whenQuiet
    if (this.isDropped || isOver()) return
    this.store.freeSegmentMemory(index)
    this.alive.freeSegment(index)
    this.#freedSegments.add(index)
  }

  /** Releases all memory. The store is closed by whoever owns the files. */
  release(): void {
    this.#ids?.release()
    this.metadata.release()
    this.codes?.release()
  }

  #visibleRowOf(value: number): number {
    let entry = value
    while (entry !== NO_ROW) {
      const row = (entry & ~DELETED) >>> 0
      if (row < this.visibleRows) return this.alive.isAlive(row) ? row : NO_ROW
      entry = this.pendingPuts.previousOf(row)
    }
    return NO_ROW
  }
}
