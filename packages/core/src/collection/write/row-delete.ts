/** The way of a `delete` from the caller to the log. */

import { abortedAfter, throwIfAborted } from '../../abort.js'
import type { Durability } from '../../contract/index.js'
import type { StringIdBatch, U64IdBatch } from '../../id-batch.js'
import type { Admission } from '../../ingest/admission.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import { enterQueue } from '../../ingest/enter-queue.js'
import { poisonedBy } from '../../ingest/poisoned.js'
import type { Timings } from '../../observe/timings.js'
import type { SerialQueue } from '../../serial-queue.js'
import { type IdIndex, NO_ROW } from '../ids/id-index.js'
import { checkLimit, idBytesOf, PREVIOUS_BYTES, WRITE_OVERHEAD_BYTES } from '../input/batch-size.js'
import type { CollectionState } from '../state/collection-state.js'
import type { DeleteResult } from '../types.js'
import { DeleteCommit } from './delete-commit.js'
import { inIdSteps } from './id-steps.js'

/**
 * What deleting needs.
 *
 * @internal
 */
export interface RowDelete {
  readonly state: CollectionState
  readonly log: CommitLog
  /** Bounds the bytes of all that is under way. */
  readonly admission: Admission
  readonly timings: Timings
  /** Where all writes of the collection queue, so that deletes keep their place among them. */
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
  const { signal, ids, log, admission, timings, turns } = request
  throwIfAborted(signal, 'the delete')
  const idBytes = idBytesOf(ids)
  checkLimit('bytes of the ids of one delete', idBytes, log.bodyBytesMax)
  const byteLength = idBytes + ids.count * PREVIOUS_BYTES + WRITE_OVERHEAD_BYTES
  const calledMs = timings.now()
  const visit = { byteLength, signal, what: 'the delete', turns, admission, timings }
  const { value: submitted, giveBack } = await enterQueue(visit, () => submit(request))
  // Given back before the sweep, because a write that waits for memory may have the turn.
  const lsn = await (submitted?.lsn ?? Promise.resolve(0n)).finally(giveBack)
  timings.record('write', timings.now() - calledMs)
  if (!submitted) return { deleted: 0, lsn: 0n }
  const { deleted, previous } = submitted
  if (submitted.isMarked) await turns.run(() => sweepIds(request, previous))
  const result = { deleted, lsn: deleted === 0 ? 0n : lsn }
  if (signal?.aborted) throw abortedAfter(signal, result)
  return result
}

/** A delete in the log's hands. */
interface SubmittedDelete {
  readonly deleted: number
  /** Whether the index has marks that are to be swept. */
  readonly isMarked: boolean
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
  let isMarked = false
  for (const value of previous) {
    if (value === NO_ROW) continue
    isMarked = true
    if (!state.isEvicted(value)) deleted++
  }
  // What made the ids vanish may be on its way still: it must not come back after this call.
  if (deleted === 0) return { deleted, isMarked, previous, lsn: log.sync(durability) }
  const entry = { kind: 'delete' as const, collectionId: state.id, ids }
  const commit = new DeleteCommit({ state, index, entry, durability, ids, previous })
  return { deleted, isMarked, previous, lsn: log.submit(commit) }
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
