/**
 * The way of a batch from the caller to the log: check everything, be admitted, copy the rows,
 * enter the ids, submit. Writes of one collection pass the copy one at a time, so that a refused
 * batch can give its rows back; their commits overlap.
 */

import { abortedAfter, throwIfAborted } from '../abort.js'
import type { Durability, KernelProvider } from '../contract/index.js'
import { InvalidArgumentError } from '../errors.js'
import type { AssignedIdBatch, IdBatch } from '../id-batch.js'
import type { Admission, Admitted } from '../ingest/admission.js'
import type { CommitLog } from '../ingest/commit-log.js'
import { enterQueue } from '../ingest/enter-queue.js'
import { poisonedBy } from '../ingest/poisoned.js'
import { type CopiedRows, copyRows } from '../ingest/row-writer.js'
import { LIMITS } from '../limits.js'
import type { Timings } from '../observe/timings.js'
import type { PackedBytes } from '../packed-bytes.js'
import { SerialQueue } from '../serial-queue.js'
import {
  checkLimit,
  idBytesOf,
  PREVIOUS_BYTES,
  packedLength,
  WRITE_OVERHEAD_BYTES,
} from './batch-size.js'
import type { CollectionState } from './collection-state.js'
import { enterIds } from './enter-ids.js'
import { NO_ROW } from './ids/id-index.js'
import { RowsCommit } from './rows-commit.js'
import type { WriteResult } from './types.js'
import { describeBadRow } from './vector-input.js'

/**
 * A batch whose shape and types have been checked; the values of its vectors have not.
 *
 * @internal
 */
export interface CheckedBatch {
  readonly rowCount: number
  /** Packed rows, in the caller's memory. */
  readonly source: Uint8Array
  /** Undefined: the collection assigns them. */
  readonly ids: Exclude<IdBatch, AssignedIdBatch> | undefined
  readonly metadata: PackedBytes | undefined
}

/**
 * How a batch is to be written. `add` refuses ids that exist; `upsert` replaces their rows.
 *
 * @internal
 */
export interface RowWriteOptions {
  readonly mode: 'add' | 'upsert'
  readonly durability: Durability
  readonly signal: AbortSignal | undefined
}

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
    const { signal } = options
    const { acknowledged } = await this.submit(batch, options)
    const result = await acknowledged
    if (signal?.aborted && result.rows > 0) throw abortedAfter(signal, result)
    return result
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
    const byteLength = this.#checkSize(batch)
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
      const result = await resultOf(rows, value)
      timings.record('write', timings.now() - calledMs)
      return result
    } finally {
      giveBack()
    }
  }

  /** Returns what the batch counts for in the queue. */
  #checkSize({ rowCount, source, ids, metadata }: CheckedBatch): number {
    checkLimit('rows of one batch', rowCount, LIMITS.rowsPerBatchMax)
    const recordBytes = idBytesOf(ids) + packedLength(metadata)
    const { bodyBytesMax } = this.#services.log
    checkLimit('bytes of ids and metadata of one batch', recordBytes, bodyBytesMax)
    return source.byteLength + recordBytes + rowCount * PREVIOUS_BYTES + WRITE_OVERHEAD_BYTES
  }

  async #submit(batch: CheckedBatch, options: RowWriteOptions): Promise<Submitted> {
    const { store, schema, metadata, codes } = this.#state
    this.#check(batch, options)
    const copied = await copyRows({
      kernels: this.#services.kernels,
      store,
      codes,
      dtype: schema.dtype,
      dimension: schema.dimension,
      rowCount: batch.rowCount,
      source: batch.source,
      describeBadRow: (row) => describeBadRow(schema, batch.source, row),
      checkpoint: () => throwIfAborted(options.signal, 'the write'),
    })
    const { rowBase } = copied
    try {
      if (batch.metadata) metadata.setPacked(rowBase, batch.metadata, 0, batch.rowCount)
      return await this.#enter(batch, options, copied)
    } catch (error) {
      if (this.#services.log.poison) throw error
      // The rows will be given to another batch, which may have no metadata of its own.
      metadata.rewind(rowBase, rowBase + batch.rowCount)
      this.#state.ids?.rewind(rowBase, rowBase + batch.rowCount)
      codes?.rewind(rowBase)
      store.rewind(rowBase)
      this.#state.resetIdsIfEmpty()
      throw error
    }
  }

  /** Checks what may have changed while the batch waited for its turn. */
  #check(batch: CheckedBatch, options: RowWriteOptions): void {
    const { ids, store, name } = this.#state
    const { poison } = this.#services.log
    if (poison) throw poisonedBy(poison)
    this.#state.checkNotDropped()
    throwIfAborted(options.signal, 'the write')
    this.#state.checkIdKind(batch.ids?.kind ?? 'assigned')
    checkLimit(
      `rows of collection "${name}"`,
      store.rowCount + batch.rowCount,
      LIMITS.rowsPerCollectionMax,
    )
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
  async #enter(
    batch: CheckedBatch,
    options: RowWriteOptions,
    copied: CopiedRows,
  ): Promise<Submitted> {
    const state = this.#state
    const { rowCount } = batch
    const index = state.idsFor(batch.ids?.kind ?? 'assigned')
    const ids: IdBatch = batch.ids ?? { kind: 'assigned', count: rowCount, first: index.nextId }
    const put = { rowBase: copied.rowBase, rowCount, previous: new Uint32Array(rowCount) }
    put.previous.fill(NO_ROW)
    state.pendingPuts.add(put)
    const updated = await enterIds({
      index,
      ids,
      put,
      refuseExisting: options.mode === 'add',
      isAbandoned: () => this.#services.log.poison !== undefined,
    }).catch((error: unknown) => {
      if (!this.#services.log.poison) state.pendingPuts.remove(put)
      throw error
    })
    const firstId = ids.kind === 'assigned' ? BigInt(ids.first) : undefined
    const { poison } = this.#services.log
    // Older writes were taken back while this one entered its ids: too late to take it back in
    // turn. Its put stays, and leads readers past its rows to those that are visible.
    if (poison) return { updated, firstId, lsn: Promise.reject(poisonedBy(poison)) }
    const entry = {
      kind: 'rows' as const,
      collectionId: state.id,
      rowBase: put.rowBase,
      rowCount,
      rowsCrc: copied.crc,
      ids,
      ...(batch.metadata ? { metadata: batch.metadata } : {}),
    }
    const { durability } = options
    const { spans } = copied
    const commit = new RowsCommit({ state, entry, durability, ids, put, spans })
    const lsn = this.#services.log.submit(commit)
    return { updated, firstId, lsn }
  }
}

async function resultOf(rows: number, submitted: Submitted): Promise<WriteResult> {
  const { updated, firstId } = submitted
  const lsn = await submitted.lsn
  const counts = { rows, inserted: rows - updated, updated, lsn }
  return firstId === undefined ? counts : { ...counts, firstId }
}
