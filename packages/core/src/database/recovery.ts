/**
 * From the log to the state that was acknowledged. The log is read twice: a survey finds out what
 * there is (which collections live, how many rows, how far it must be whole), then a replay
 * applies record after record. Replaying is deterministic and changes nothing on disk, except that
 * a tail that was never acknowledged at `disk` is cut where its rows did not reach the disk.
 */

import { throwIfAborted } from '../abort.js'
import type { CollectionState } from '../collection/collection-state.js'
import type { KernelProvider, WalBackend } from '../contract/index.js'
import { CorruptionError } from '../errors.js'
import { decodeRecord } from '../wal/record/decode.js'
import type { LogEntry, RowsEntry } from '../wal/record/entry.js'
import type { CollectionFactory } from './collection-factory.js'
import { type LogSurvey, surveyLog } from './log-survey.js'
import { applyDelete, applyRows } from './replay-entry.js'
import { ReplayedRows } from './replayed-rows.js'

/**
 * What recovery works on.
 *
 * @internal
 */
export interface RecoveryOptions {
  readonly wal: WalBackend
  readonly kernels: KernelProvider
  readonly factory: CollectionFactory
  readonly readOnly: boolean
  readonly signal: AbortSignal | undefined
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void
}

/**
 * What recovery found.
 *
 * @internal
 */
export interface Recovered {
  readonly states: readonly CollectionState[]
  readonly lastLsn: bigint
  /** The highest epoch in the log. */
  readonly epoch: number
  /** Above every collection id in the log. */
  readonly nextCollectionId: number
  /** Rows that lie in the log and not in their segments. */
  readonly unspilled: readonly ReplayedRows[]
}

/**
 * Brings back the acknowledged state.
 *
 * @throws CorruptionError naming the LSN, and the file where it is known
 * @internal
 */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const crc32c = (bytes: Uint8Array, seed?: number): number => options.kernels.crc32c(bytes, seed)
  const survey = await surveyLog(options.wal, crc32c)
  const directories = await options.factory.listDirectories()
  checkLogKnows(directories, survey)
  const replay = new Replay(options, survey)
  let lastLsn = survey.lastLsn
  for await (const { lsn, bytes } of options.wal.read(survey.firstLsn)) {
    throwIfAborted(options.signal, 'opening')
    const { entry } = decodeRecord(bytes, crc32c)
    if (await replay.apply(lsn, entry)) continue
    lastLsn = lsn - 1n
    await cutTail(options, survey, lastLsn)
    break
  }
  const unspilled = await replay.finish()
  await options.factory.removeDirectories(directories.filter((id) => survey.dropped.has(id)))
  return {
    states: replay.states,
    lastLsn,
    epoch: survey.epoch,
    nextCollectionId: survey.nextCollectionId,
    unspilled,
  }
}

/**
 * A collection gets its directory after its creation was durable in the log. One that the log has
 * never heard of means that the log is not all there: nothing may be removed then.
 */
function checkLogKnows(directories: readonly number[], survey: LogSurvey): void {
  const unknown = directories.filter((id) => id >= survey.nextCollectionId)
  if (unknown.length === 0) return
  const names = unknown.map((id) => String(id).padStart(6, '0')).join(', ')
  throw new CorruptionError(
    'SLUICE_CORRUPT',
    `the log knows nothing of collections ${names}, which have files: the log is lost or cut`,
    { details: { collectionIds: unknown, lastLsn: survey.lastLsn } },
  )
}

async function cutTail(options: RecoveryOptions, survey: LogSurvey, toLsn: bigint): Promise<void> {
  const lost = Number(survey.lastLsn - toLsn)
  options.warn(`${lost} writes that had not reached the disk were lost`, {
    firstLostLsn: toLsn + 1n,
    lastLostLsn: survey.lastLsn,
  })
  if (!options.readOnly) await options.wal.truncateAfter(toLsn)
}

/** Applies the records of one log. */
class Replay {
  readonly #options: RecoveryOptions
  readonly #survey: LogSurvey
  readonly #rows = new Map<number, ReplayedRows>()

  constructor(options: RecoveryOptions, survey: LogSurvey) {
    this.#options = options
    this.#survey = survey
  }

  get states(): readonly CollectionState[] {
    return Array.from(this.#rows.values(), ({ state }) => state)
  }

  /** Applies one record; false when the log ends before it. */
  async apply(lsn: bigint, entry: LogEntry): Promise<boolean> {
    if (this.#survey.dropped.has(entry.collectionId)) return true
    if (entry.kind === 'create') {
      await this.#create(entry)
      return true
    }
    const rows = this.#rows.get(entry.collectionId)
    if (!rows) throw contradiction(lsn, `it names collection ${entry.collectionId}, never created`)
    if (entry.kind === 'delete') applyDelete(rows.state, entry)
    if (entry.kind === 'rows') return this.#applyRows(lsn, rows, entry)
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

  async #create(entry: Extract<LogEntry, { kind: 'create' }>): Promise<void> {
    const { collectionId: id, name, schema } = entry
    const state = this.#options.factory.create({ id, name, schema })
    const rows = new ReplayedRows(state, this.#options.kernels)
    this.#rows.set(id, rows)
    await state.store.restore(this.#survey.rowCounts.get(id) ?? 0)
  }

  #applyRows(lsn: bigint, rows: ReplayedRows, entry: RowsEntry): boolean {
    const { state } = rows
    if (entry.rowBase !== state.visibleRows) {
      throw contradiction(lsn, `it begins at row ${entry.rowBase}, not ${state.visibleRows}`)
    }
    if (!rows.check(entry)) {
      if (lsn > this.#survey.durableLsn) return false
      throw damagedRows(lsn, rows, entry)
    }
    applyRows(state, entry)
    return true
  }
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
