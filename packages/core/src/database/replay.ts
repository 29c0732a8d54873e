/**
 * Applies the records of a log, in order, to the collections that they are about. Replaying is
 * deterministic and changes nothing on disk.
 */

import type { CollectionState } from '../collection/state/collection-state.js'
import type { KernelProvider } from '../contract/index.js'
import { CorruptionError } from '../errors.js'
import type { EvictEntry, LogEntry, RowsEntry } from '../wal/record/entry.js'
import type { CollectionFactory, CollectionIdentity } from './collection-factory.js'
import type { LogSurvey } from './log-survey.js'
import { applyDelete, applyRows } from './replay-entry.js'
import { ReplayedRows } from './replayed-rows.js'

/**
 * What a replay works on.
 *
 * @internal
 */
export interface ReplayOptions {
  readonly kernels: KernelProvider
  readonly factory: CollectionFactory
  readonly survey: LogSurvey
}

/**
 * The collections of a database while it is opened.
 *
 * @internal
 */
export class Replay {
  readonly #options: ReplayOptions
  readonly #rows = new Map<number, ReplayedRows>()

  constructor(options: ReplayOptions) {
    this.#options = options
  }

  /** The collections, in the order of their creation. */
  get states(): readonly CollectionState[] {
    return Array.from(this.#rows.values(), ({ state }) => state)
  }

  /** Whether the log drops a collection, so that nothing of it is needed. */
  isDropped(collectionId: number): boolean {
    return this.#options.survey.dropped.has(collectionId)
  }

  /** A collection without rows. */
  create(identity: CollectionIdentity): CollectionState {
    const state = this.#options.factory.create(identity)
    this.#rows.set(identity.id, new ReplayedRows(state, this.#options.kernels))
    return state
  }

  /** Applies one record; false when the log ends before it. */
  async apply(lsn: bigint, entry: LogEntry): Promise<boolean> {
    const { survey } = this.#options
    if (this.isDropped(entry.collectionId)) return true
    if (entry.kind === 'create') {
      const { collectionId: id, name, schema } = entry
      await this.create({ id, name, schema }).store.restore(survey.rowCounts.get(id) ?? 0)
      return true
    }
    const rows = this.#rows.get(entry.collectionId)
    if (!rows) throw contradiction(lsn, `it names collection ${entry.collectionId}, never created`)
    if (entry.kind === 'rows') return this.#applyRows(lsn, rows, entry)
    if (entry.kind === 'delete') applyDelete(rows.state, entry)
    if (entry.kind === 'retain') rows.state.retain(entry.retention, entry.writtenSeconds)
    if (entry.kind === 'evict') evictRows(lsn, rows.state, entry)
    return true
  }

  /** Gives back rows that no record names, and readies rows from the log for their segments. */
  async finish(): Promise<readonly ReplayedRows[]> {
    const unspilled: ReplayedRows[] = []
    for (const rows of this.#rows.values()) {
      await rows.finish()
      if (rows.unspilledBytes > 0) unspilled.push(rows)
    }
    return unspilled
  }

  /** Gives everything back that was made so far. */
  async abandon(): Promise<void> {
    for (const state of this.states) {
      state.release()
      await state.store.close()
    }
    this.#rows.clear()
  }

  #applyRows(lsn: bigint, rows: ReplayedRows, entry: RowsEntry): boolean {
    const { state } = rows
    if (entry.rowBase !== state.visibleRows) {
      throw contradiction(lsn, `it begins at row ${entry.rowBase}, not ${state.visibleRows}`)
    }
    const spans = rows.check(entry)
    if (!spans) {
      if (lsn > this.#options.survey.durableLsn) return false
      throw damagedRows(lsn, rows, entry)
    }
    applyRows(state, entry, spans)
    return true
  }
}

function evictRows(lsn: bigint, state: CollectionState, { toRow }: EvictEntry): void {
  const { visibleRows } = state
  if (toRow > visibleRows) throw contradiction(lsn, `it evicts ${toRow} rows of ${visibleRows}`)
  state.evict(toRow)
}

function contradiction(lsn: bigint, problem: string): CorruptionError {
  return new CorruptionError('SLUICE_CORRUPT', `log record ${lsn}: ${problem}`, {
    details: { lsn },
  })
}

function damagedRows(lsn: bigint, rows: ReplayedRows, entry: RowsEntry): CorruptionError {
  const { store, name } = rows.state
  const { rowBase, rowCount } = entry
  const first = Math.floor(rowBase / store.rowsPerSegment)
  const file = store.segmentFile(first)
  return new CorruptionError(
    'SLUICE_CORRUPT',
    `rows ${rowBase} to ${rowBase + rowCount - 1} of collection "${name}" are damaged: ` +
      `the checksum of log record ${lsn} does not match ${file}`,
    { details: { lsn, collection: name, rowBase, rowCount, file } },
  )
}
