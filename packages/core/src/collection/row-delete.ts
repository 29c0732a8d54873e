/** The way of a `delete` from the caller to the log. */

import { abortedAfter, throwIfAborted } from '../abort.js'
import type { Durability } from '../contract/index.js'
import type { StringIdBatch, U64IdBatch } from '../id-batch.js'
import type { Admission } from '../ingest/admission.js'
import type { CommitLog } from '../ingest/commit-log.js'
import type { SerialQueue } from '../serial-queue.js'
import type { CollectionState } from './collection-state.js'
import { DeleteCommit } from './delete-commit.js'
import { NO_ROW } from './ids/id-index.js'
import { checkLimit, idBytesOf } from './row-write.js'
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
  const giveBack = await request.admission.acquire(byteLength, signal)
  try {
    const submitted = await request.turns.run(async () => submit(request))
    if (!submitted) return { deleted: 0, lsn: 0n }
    const { deleted } = submitted
    const lsn = await submitted.lsn
    if (signal?.aborted) throw abortedAfter(signal, lsn)
    return { deleted, lsn: deleted === 0 ? 0n : lsn }
  } finally {
    giveBack()
  }
}

function submit(request: RowDelete): { deleted: number; lsn: Promise<bigint> } | undefined {
  const { state, ids, durability } = request
  state.checkNotDropped()
  throwIfAborted(request.signal, 'the delete')
  state.checkIdKind(ids.kind, ids.count)
  const index = state.ids
  if (!index || ids.count === 0) return undefined
  const previous = new Uint32Array(ids.count).fill(NO_ROW)
  index.mark(ids, 0, ids.count, previous)
  let deleted = 0
  for (const value of previous) if (value !== NO_ROW) deleted++
  // What made the ids vanish may be on its way still: it must not come back after this call.
  if (deleted === 0) return { deleted, lsn: request.log.sync(durability) }
  const entry = { kind: 'delete' as const, collectionId: state.id, ids }
  const commit = new DeleteCommit({ state, index, entry, durability, ids, previous })
  return { deleted, lsn: request.log.submit(commit) }
}
