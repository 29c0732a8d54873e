/** The way of a `delete` from the caller to the log. */

import { abortedAfter, throwIfAborted } from '../abort.js'
import type { Durability } from '../contract/index.js'
import type { IdBatch, StringIdBatch, U64IdBatch } from '../id-batch.js'
import type { Admission } from '../ingest/admission.js'
import type { CommitLog } from '../ingest/commit-log.js'
import { poisonedBy } from '../ingest/poisoned.js'
import type { SerialQueue } from '../serial-queue.js'
import { TimeSlice } from '../time-slice.js'
import { checkLimit, idBytesOf, WRITE_OVERHEAD_BYTES } from './batch-size.js'
import type { CollectionState } from './collection-state.js'
import { DeleteCommit } from './delete-commit.js'
import { type IdIndex, NO_ROW } from './ids/id-index.js'
import type { DeleteResult } from './types.js'

/** Ids marked between two looks at the clock. */
const STEP_IDS = 4096

/**
 * What deleting needs.
 *
 * @internal
 */
export interface RowDelete {
  readonly state: CollectionState
  readonly log: CommitLog
  /** Where all writes queue, so that deletes keep their place among them. */
  readonly admission: Admission
  /** The queue that all writes of the collection share. */
  readonly turns: SerialQueue
  readonly ids: U64IdBatch | StringIdBatch
  readonly durability: Durability
  readonly signal: AbortSignal | undefined
}

/**
 * Deletes rows by id.
 *
 * @throws the typed errors of `Collection.delete`
 * @internal
 */
export async function deleteRows(request: RowDelete): Promise<DeleteResult> {
  const { signal, ids } = request
  throwIfAborted(signal, 'the delete')
  const byteLength = idBytesOf(ids)
  checkLimit('bytes of the ids of one delete', byteLength, request.log.bodyBytesMax)
  const giveBack = await request.admission.acquire(byteLength + WRITE_OVERHEAD_BYTES, signal)
  try {
    const submitted = await request.turns.run(() => submit(request))
    if (!submitted) return { deleted: 0, lsn: 0n }
    const { deleted } = submitted
    const lsn = await submitted.lsn
    if (deleted > 0) await request.turns.run(() => sweepIds(request, submitted.previous))
    const result = { deleted, lsn: deleted === 0 ? 0n : lsn }
    if (signal?.aborted) throw abortedAfter(signal, result)
    return result
  } finally {
    giveBack()
  }
}

/** A delete in the log's hands. */
interface SubmittedDelete {
  readonly deleted: number
  readonly previous: Uint32Array
  readonly lsn: Promise<bigint>
}

async function submit(request: RowDelete): Promise<SubmittedDelete | undefined> {
  const { state, ids, durability, log } = request
  state.checkNotDropped()
  throwIfAborted(request.signal, 'the delete')
  state.checkIdKind(ids.kind, ids.count)
  const index = state.ids
  if (!index || ids.count === 0) return undefined
  const previous = new Uint32Array(ids.count).fill(NO_ROW)
  await markIds(index, ids, previous).catch((error: unknown) => {
    throw log.poison ? poisonedBy(log.poison) : error
  })
  // Older writes were taken back while this one marked its ids: too late to take it back in turn.
  // Its marks stay; readers see through them.
  if (log.poison) throw poisonedBy(log.poison)
  let deleted = 0
  for (const value of previous) if (value !== NO_ROW) deleted++
  // What made the ids vanish may be on its way still: it must not come back after this call.
  if (deleted === 0) return { deleted, previous, lsn: log.sync(durability) }
  const entry = { kind: 'delete' as const, collectionId: state.id, ids }
  const commit = new DeleteCommit({ state, index, entry, durability, ids, previous })
  return { deleted, previous, lsn: log.submit(commit) }
}

/** Marks the ids in steps short enough for the event loop; all of them or none. */
async function markIds(index: IdIndex, ids: IdBatch, previous: Uint32Array): Promise<void> {
  const slice = new TimeSlice()
  let marked = 0
  try {
    while (marked < ids.count) {
      const to = Math.min(ids.count, marked + STEP_IDS)
      index.mark(ids, marked, to, previous)
      marked = to
      if (slice.isOver()) await slice.next()
    }
  } catch (error) {
    index.undoMark(ids, 0, marked, previous)
    throw error
  }
}

/** Drops the ids of a committed delete, in steps short enough for the event loop. */
async function sweepIds({ state, ids }: RowDelete, previous: Uint32Array): Promise<void> {
  const slice = new TimeSlice()
  for (let from = 0; from < ids.count && !state.isDropped; from += STEP_IDS) {
    state.ids?.sweep(ids, from, Math.min(ids.count, from + STEP_IDS), previous)
    if (slice.isOver()) await slice.next()
  }
}
