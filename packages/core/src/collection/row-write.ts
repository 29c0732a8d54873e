/**
 * The way of a batch from the caller to the log: check everything, be admitted, copy the rows,
 * enter the ids, submit. Writes of one collection pass the copy one at a time, so that a refused
 * batch can give its rows back; their commits overlap.
 */

import { abortedAfter, throwIfAborted } from '../abort.js'
import type { Durability, KernelProvider } from '../contract/index.js'
import { InvalidArgumentError } from '../errors.js'
import type { AssignedIdBatch, IdBatch } from '../id-batch.js'
import type { Admission } from '../ingest/admission.js'
import type { CommitLog } from '../ingest/commit-log.js'
import { poisonedBy } from '../ingest/poisoned.js'
import { copyRows } from '../ingest/row-writer.js'
import { LIMITS } from '../limits.js'
import type { PackedBytes } from '../packed-bytes.js'
import { SerialQueue } from '../serial-queue.js'
import { TimeSlice } from '../time-slice.js'
import type { CollectionState } from './collection-state.js'
import { DELETED, type IdIndex, NO_ROW } from './ids/id-index.js'
import type { PendingPut } from './pending-puts.js'
import { RowsCommit } from './rows-commit.js'
import type { WriteResult } from './types.js'
import { describeBadRow } from './vector-input.js'

/** Ids entered between two looks at the clock. */
const STEP_IDS = 4096

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
  readonly kernels: KernelProvider
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
    throwIfAborted(signal, 'the write')
    const rows = batch.rowCount
    if (rows === 0) return { rows, inserted: 0, updated: 0, lsn: 0n }
    this.#checkSize(batch)
    const giveBack = await this.#services.admission.acquire(byteLengthOf(batch), signal)
    try {
      const {
        updated,
        firstId,
        lsn: pending,
      } = await this.turns.run(() => this.#submit(batch, options))
      const lsn = await pending
      if (signal?.aborted) throw abortedAfter(signal, lsn)
      const result = { rows, inserted: rows - updated, updated, lsn }
      return firstId === undefined ? result : { ...result, firstId }
    } finally {
      giveBack()
    }
  }

  #checkSize(batch: CheckedBatch): void {
    checkLimit('rows of one batch', batch.rowCount, LIMITS.rowsPerBatchMax)
    const recordBytes = byteLengthOf(batch) - batch.source.byteLength
    checkLimit(
      'bytes of ids and metadata of one batch',
      recordBytes,
      this.#services.log.bodyBytesMax,
    )
  }

  async #submit(batch: CheckedBatch, options: RowWriteOptions): Promise<Submitted> {
    const { store, schema, metadata } = this.#state
    this.#check(batch, options)
    const { rowBase, crc } = await copyRows({
      kernels: this.#services.kernels,
      store,
      dtype: schema.dtype,
      dimension: schema.dimension,
      rowCount: batch.rowCount,
      source: batch.source,
      describeBadRow: (row) => describeBadRow(schema, batch.source, row),
      checkpoint: () => throwIfAborted(options.signal, 'the write'),
    })
    try {
      if (batch.metadata) metadata.setPacked(rowBase, batch.metadata, 0, batch.rowCount)
      return await this.#enter(batch, options, { rowBase, crc })
    } catch (error) {
      // The rows will be given to another batch, which may have no metadata of its own.
      if (batch.metadata) metadata.clear(rowBase, rowBase + batch.rowCount)
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
    copied: { readonly rowBase: number; readonly crc: number },
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
    }).catch((error: unknown) => {
      state.pendingPuts.remove(put)
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
    const lsn = this.#services.log.submit(new RowsCommit({ state, entry, durability, ids, put }))
    return { updated, firstId, lsn }
  }
}

/** Ids on their way into the index. */
interface IdEntry {
  readonly index: IdIndex
  readonly ids: IdBatch
  readonly put: PendingPut
  readonly refuseExisting: boolean
}

/** Enters ids in steps; returns how many replaced a live row, or takes all of them back. */
async function enterIds(entry: IdEntry): Promise<number> {
  const { index, ids, put } = entry
  const slice = new TimeSlice()
  let updated = 0
  let entered = 0
  try {
    while (entered < ids.count) {
      const from = entered
      const to = Math.min(ids.count, from + STEP_IDS)
      index.put(ids, from, to, put)
      entered = to
      updated += countReplaced(entry, from, to)
      if (slice.isOver()) await slice.next()
    }
  } catch (error) {
    index.undoPut(ids, 0, entered, put.previous)
    throw error
  }
  return updated
}

function countReplaced(entry: IdEntry, from: number, to: number): number {
  let replaced = 0
  for (let i = from; i < to; i++) {
    const value = entry.put.previous[i] ?? NO_ROW
    if (value === NO_ROW || (value & DELETED) !== 0) continue
    if (entry.refuseExisting) throw duplicateId(entry, i, value)
    replaced++
  }
  return replaced
}

function duplicateId(entry: IdEntry, row: number, existing: number): InvalidArgumentError {
  const id = entry.index.idAt(entry.put.rowBase + row)
  const inBatch = existing - entry.put.rowBase
  const where = inBatch >= 0 ? `also the id of row ${inBatch} of this batch` : 'in the collection'
  return new InvalidArgumentError(
    'SLUICE_DUPLICATE_ID',
    `row ${row}: id ${typeof id === 'string' ? JSON.stringify(id) : id} is ${where}; ` +
      'use `upsert` to replace rows',
    { details: { row, id, ...(inBatch >= 0 ? { firstRow: inBatch } : {}) } },
  )
}

/**
 * Checks a number against a bound.
 *
 * @throws InvalidArgumentError `SLUICE_LIMIT_EXCEEDED`
 * @internal
 */
export function checkLimit(what: string, actual: number, max: number): void {
  if (actual <= max) return
  throw new InvalidArgumentError('SLUICE_LIMIT_EXCEEDED', `${what}: ${actual}, at most ${max}`, {
    details: { what, actual, max },
  })
}

/**
 * Bytes that ids take in a record; assigned ids take none.
 *
 * @internal
 */
export function idBytesOf(ids: CheckedBatch['ids']): number {
  return ids?.kind === 'u64' ? ids.words.byteLength : packedLength(ids)
}

function byteLengthOf(batch: CheckedBatch): number {
  const { ids, metadata, source } = batch
  return source.byteLength + idBytesOf(ids) + packedLength(metadata)
}

function packedLength(packed: PackedBytes | undefined): number {
  return packed ? packed.bytes.byteLength + packed.ends.byteLength : 0
}
