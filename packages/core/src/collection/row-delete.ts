/** The way of a `delete` from the caller to the log. */

import { abortedAfter, throwIfAborted } from '../abort.js'
import type { Durability } from '../contract/index.js'
import type { StringIdBatch, U64IdBatch } from '../id-batch.js'
import type { Admission } from '../ingest/admission.js'
import type { CommitLog } from '../ingest/commit-log.js'
import { poisonedBy } from '../ingest/poisoned.js'
import type { SerialQueue } from '../serial-queue.js'
import { checkLimit, idBytesOf, WRITE_OVERHEAD_BYTES } from './batch-size.js'
import type { CollectionState } from './collection-state.js'
import { DeleteCommit } from './delete-commit.js'
import { inIdSteps } from './id-steps.js'
import { type IdIndex, NO_ROW } from './ids/id-index.js'
import type { DeleteResult } from './types.js'

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
  await markIds(request, index, previous)
  let deleted = 0
  for (const value of previous) if (value !== NO_ROW) deleted++
  // What made the ids vanish may be on its way still: it must not come back after this call.
  if (deleted === 0) return { deleted, previous, lsn: log.sync(durability) }
  const entry = { kind: 'delete' as const, collectionId: state.id, ids }
  const commit = new DeleteCommit({ state, index, entry, durability, ids, previous })
  return { deleted, previous, lsn: log.submit(commit) }
}

/** Marks the ids; all of them or none. */
async function markIds(
  { ids, log }: RowDelete,
  index: IdIndex,
  previous: Uint32Array,
): Promise<void> {
  let marked = 0
  try {
    await inIdSteps(ids.count, (from, to) => {
      index.mark(ids, from, to, previous)
      marked = to
    })
  } catch (error) {
    if (!log.poison) index.undoMark(ids, 0, marked, previous)
    throw error
  }
  // Older writes were taken back while this one marked its ids: too late to take it back in turn.
  // Its marks stay; readers see through them.
  if (log.poison) throw poisonedBy(log.poison)
}

/** Drops the ids of a committed delete. */
async function sweepIds({ state, ids }: RowDelete, previous: Uint32Array): Promise<void> {
  await inIdSteps(ids.count, (from, to) => {
    if (!state.isDropped) state.ids?.sweep(ids, from, to, previous)
  })
}
