/**
 * The way of a batch from the caller to the log: check everything, be admitted, copy the rows,
 * enter the ids, submit. Writes of one collection pass the copy one at a time, so that a refused
 * batch can give its rows back; their commits overlap.
 */

import { abortedAfter, throwIfAborted } from '../../abort.js'
import { storedSeconds, wallClockMs } from '../../clock.js'
import type { KernelProvider } from '../../contract/index.js'
import { InvalidArgumentError } from '../../errors.js'
import type { IdBatch } from '../../id-batch.js'
import type { Admission, Admitted } from '../../ingest/admission.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import { enterQueue } from '../../ingest/enter-queue.js'
import { poisonedBy } from '../../ingest/poisoned.js'
import { type CopiedRows, copyRows, type RowPassage, sealRows } from '../../ingest/row-writer.js'
import { LIMITS } from '../../limits.js'
import type { Timings } from '../../observe/timings.js'
import { SerialQueue } from '../../serial-queue.js'
import { NO_ROW } from '../ids/id-index.js'
import {
  checkLimit,
  idBytesOf,
  PREVIOUS_BYTES,
  packedLength,
  WRITE_OVERHEAD_BYTES,
} from '../input/batch-size.js'
import type { CheckedBatch, RowLabels, RowWriteOptions } from '../input/checked-batch.js'
import { describeBadRow as describeRow } from '../input/vector-input.js'
import type { CollectionState } from '../state/collection-state.js'
import type { WriteResult } from '../types.js'
import { enterIds } from './enter-ids.js'
import { checkRoom, type RowClaim } from './row-claim.js'
import { RowsCommit } from './rows-commit.js'

/**
 * What writing needs, beside the collection itself.
 *
 * @internal
 */
export interface WriteServices {
  readonly log: CommitLog
  readonly admission: Admission
  readonly timings: Timings
  readonly kernels: KernelProvider
}

/**
 * A batch that was copied and submitted.
 *
 * @internal
 */
export interface SubmittedWrite {
  /** Settles with the log. */
  readonly acknowledged: Promise<WriteResult>
}

/** A batch in the log's hands. */
interface Submitted {
  readonly updated: number
  readonly firstId: bigint | undefined
  readonly lsn: Promise<bigint>
}

/**
 * Writes the rows of one collection.
 *
 * @internal
 */
export class RowWrite {
  readonly #state: CollectionState
  readonly #services: WriteServices
  /** One copy, delete or drop at a time. */
  readonly turns: SerialQueue = new SerialQueue()

  constructor(state: CollectionState, services: WriteServices) {
    this.#state = state
    this.#services = services
  }

  /**
   * Writes one batch, atomically.
   *
   * @throws the typed errors of `Collection.add` and `Collection.upsert`
   */
  async write(batch: CheckedBatch, options: RowWriteOptions): Promise<WriteResult> {
    const { acknowledged } = await this.submit(batch, options)
    return resultOrAborted(acknowledged, options.signal)
  }

  /**
   * Copies one batch and hands it to the log. From then on the caller's arrays are not read.
   *
   * @throws as `write`, but for what the log has to say
   */
  async submit(batch: CheckedBatch, options: RowWriteOptions): Promise<SubmittedWrite> {
    const { signal } = options
    throwIfAborted(signal, 'the write')
    const rows = batch.rowCount
    if (rows === 0) {
      return { acknowledged: Promise.resolve({ rows, inserted: 0, updated: 0, lsn: 0n }) }
    }
    const byteLength = this.#checkSize(batch, batch.source.byteLength)
    const { admission, timings } = this.#services
    const calledMs = timings.now()
    const visit = { byteLength, signal, what: 'the write', turns: this.turns, admission, timings }
    const admitted = await enterQueue(visit, () => this.#submit(batch, options))
    return { acknowledged: this.#acknowledged(rows, admitted, calledMs) }
  }

  async #acknowledged(
    rows: number,
    { value, giveBack }: Admitted<Submitted>,
    calledMs: number,
  ): Promise<WriteResult> {
    const { timings } = this.#services
    try {
      const lsn = await value.lsn
      timings.record('write', timings.now() - calledMs)
      return resultOf(rows, value, lsn)
    } finally {
      giveBack()
    }
  }

  /** Returns what the batch counts for in the queue. */
  #checkSize({ rowCount, ids, metadata }: RowLabels, rowBytes: number): number {
    checkLimit('rows of one batch', rowCount, LIMITS.rowsPerBatchMax)
    const recordBytes = idBytesOf(ids) + packedLength(metadata)
    const { bodyBytesMax } = this.#services.log
    checkLimit('bytes of ids and metadata of one batch', recordBytes, bodyBytesMax)
    return rowBytes + recordBytes + rowCount * PREVIOUS_BYTES + WRITE_OVERHEAD_BYTES
  }

  /**
   * Writes claimed rows that were filled in place, and gives the turn on as soon as they are
   * submitted. When that fails, what becomes of the claim is left to the caller.
   *
   * @throws as `write`
   */
  async writeClaim(
    claim: RowClaim,
    labels: RowLabels,
    options: RowWriteOptions,
  ): Promise<WriteResult> {
    const { signal } = options
    throwIfAborted(signal, 'the write')
    const byteLength = this.#checkSize(labels, claim.byteLength)
    const request = { byteLength, signal, what: 'the write' }
    const { admission, timings } = this.#services
    const calledMs = timings.now()
    const describeBadRow = (row: number): Error => claim.describeBadRow(row)
    let sealed: CopiedRows | undefined
    const admitted = await admission.run(request, async () => {
      this.#check(labels, options)
      sealed ??= await sealRows(this.#passage(options, describeBadRow), claim.spans)
      return this.#label(labels, options, sealed)
    })
    claim.release()
    return resultOrAborted(this.#acknowledged(labels.rowCount, admitted, calledMs), signal)
  }

  async #submit(batch: CheckedBatch, options: RowWriteOptions): Promise<Submitted> {
    const { store, schema, codes } = this.#state
    this.#check(batch, options)
    checkRoom(this.#state, batch.rowCount)
    const describeBadRow = (row: number): Error => describeRow(schema, batch.source, row)
    const copied = await copyRows(this.#passage(options, describeBadRow), batch)
    try {
      return await this.#label(batch, options, copied)
    } catch (error) {
      if (this.#services.log.poison) throw error
      codes?.rewind(copied.rowBase)
      store.rewind(copied.rowBase)
      this.#state.resetIdsIfEmpty()
      throw error
    }
  }

  #passage({ signal }: RowWriteOptions, describeBadRow: RowPassage['describeBadRow']): RowPassage {
    const { store, codes, schema } = this.#state
    const { dtype, dimension } = schema
    const { kernels } = this.#services
    const checkpoint = (): void => throwIfAborted(signal, 'the write')
    return { kernels, store, codes, dtype, dimension, describeBadRow, checkpoint }
  }

  /** Gives sealed rows metadata and ids, and submits them. */
  async #label(labels: RowLabels, options: RowWriteOptions, rows: CopiedRows): Promise<Submitted> {
    const { metadata } = this.#state
    const { rowBase } = rows
    const rowsEnd = rowBase + labels.rowCount
    try {
      if (labels.metadata) metadata.setPacked(rowBase, labels.metadata, 0, labels.rowCount)
      return await this.#enter(labels, options, rows)
    } catch (error) {
      if (this.#services.log.poison) throw error
      // The rows will be given to another batch, which may have no metadata of its own.
      metadata.rewind(rowBase, rowsEnd)
      this.#state.ids?.rewind(rowBase, rowsEnd)
      throw error
    }
  }

  /** Checks what may have changed while the batch waited for its turn. */
  #check(batch: RowLabels, options: RowWriteOptions): void {
    const { ids, name } = this.#state
    const { poison } = this.#services.log
    if (poison) throw poisonedBy(poison)
    this.#state.checkNotDropped()
    throwIfAborted(options.signal, 'the write')
    this.#state.checkIdKind(batch.ids?.kind ?? 'assigned')
    if (!batch.ids || ids?.kind !== 'assigned') return
    if (options.mode === 'upsert') {
      ids.checkAssigned(batch.ids)
      return
    }
    throw new InvalidArgumentError(
      'SLUICE_SCHEMA_MISMATCH',
      `collection "${name}" assigns its ids; leave out \`ids\`, or use \`upsert\` to replace rows`,
      { details: { collection: name } },
    )
  }

  /** Enters the ids and submits; from here on the rows belong to the log. */
  async #enter(batch: RowLabels, options: RowWriteOptions, copied: CopiedRows): Promise<Submitted> {
    const state = this.#state
    const { rowCount } = batch
    const index = state.idsFor(batch.ids?.kind ?? 'assigned')
    const ids: IdBatch = batch.ids ?? { kind: 'assigned', count: rowCount, first: index.nextId }
    const put = { rowBase: copied.rowBase, rowCount, previous: new Uint32Array(rowCount) }
    put.previous.fill(NO_ROW)
    state.pendingPuts.add(put)
    let updated = 0
    try {
      updated = await enterIds({
        index,
        ids,
        put,
        refuseExisting: options.mode === 'add',
        isEvicted: (value) => state.isEvicted(value),
        isAbandoned: () => this.#services.log.poison !== undefined,
      })
    } catch (error) {
      if (!this.#services.log.poison) state.pendingPuts.remove(put)
      throw error
    }
    const firstId = ids.kind === 'assigned' ? BigInt(ids.first) : undefined
    const { poison } = this.#services.log
    // Older writes were taken back while this one entered its ids: too late to take it back in
    // turn. Its put stays, and leads readers past its rows to those that are visible.
    if (poison) return { updated, firstId, lsn: Promise.reject(poisonedBy(poison)) }
    const writtenMs = state.schema.retention && Math.max(1, wallClockMs())
    const entry = {
      kind: 'rows' as const,
      collectionId: state.id,
      rowBase: put.rowBase,
      rowCount,
      rowsCrc: copied.crc,
      ids,
      metadata: batch.metadata,
      writtenSeconds: writtenMs && storedSeconds(writtenMs),
    }
    const { durability } = options
    const { spans } = copied
    const commit = new RowsCommit({ state, entry, durability, ids, put, spans, writtenMs })
    const lsn = this.#services.log.submit(commit)
    state.onSubmitted(put.rowBase + rowCount)
    return { updated, firstId, lsn }
  }
}

/** The result of a write, or the error for one whose signal has fired meanwhile. */
async function resultOrAborted(
  acknowledged: Promise<WriteResult>,
  signal: AbortSignal | undefined,
): Promise<WriteResult> {
  const result = await acknowledged
  if (signal?.aborted && result.rows > 0) throw abortedAfter(signal, result)
  return result
}

function resultOf(rows: number, { updated, firstId }: Submitted, lsn: bigint): WriteResult {
  const inserted = rows - updated
  if (firstId === undefined) return { rows, inserted, updated, lsn }
  return { rows, inserted, updated, lsn, firstId }
}
