/**
 * Gets what a checkpoint says of one collection on disk, except for the checkpoint file: its rows,
 * and the columns of the rows that the checkpoint before did not have.
 */

import { encodeColumns } from '../../collection/columns/encode-columns.js'
import { segmentIsDead } from '../../collection/state/collection-snapshot.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import { runAtOnce } from '../../segment/at-once.js'
import type { ColumnFiles } from '../../segment/column-files.js'
import type { CapturedCollection } from './capture.js'
import type { CheckpointedCollection, CheckpointedSegment } from './checkpoint.js'

/** Column files under way at a time: most of the time of each is a sync. */
const SEGMENTS_AT_ONCE = 4

/**
 * A collection on its way into a checkpoint.
 *
 * @internal
 */
export interface SaveCollection {
  readonly captured: CapturedCollection
  /** Its segments in the checkpoint before; none for a new collection. */
  readonly before: readonly CheckpointedSegment[]
  readonly log: CommitLog
  /** Undefined for a database in memory: nothing is written. */
  readonly columns: ColumnFiles | undefined
}

/**
 * Makes rows and columns durable.
 *
 * @returns what the checkpoint says; undefined for a collection that was dropped meanwhile, which
 * the log knows
 * @throws StorageError
 * @internal
 */
export async function saveCollection(
  save: SaveCollection,
): Promise<CheckpointedCollection | undefined> {
  const { state, snapshot } = save.captured
  // A drop waits for its turn to remove the files.
  return state.fileTurns.run(async () => {
    if (state.isDropped) return undefined
    if (save.columns) {
      await save.log.orPoison('flush rows', () => state.store.flush(snapshot.visibleRows))
    }
    const segments: CheckpointedSegment[] = []
    const count = Math.ceil(snapshot.visibleRows / state.store.rowsPerSegment)
    await runAtOnce({ count, atOnce: SEGMENTS_AT_ONCE }, async (index) => {
      segments[index] = await saveSegment(save, index)
    })
    const { id, name, schema, idKind, nextId, visibleRows, alive } = snapshot
    const aliveWords = (index: number): Uint32Array => {
      const rowCount = segments[index]?.rowCount ?? 0
      return alive.segmentWords(index).subarray(0, (rowCount + 31) >>> 5)
    }
    const times = snapshot.times.marks
    return { id, name, schema, idKind, nextId, visibleRows, segments, times, aliveWords }
  })
}

async function saveSegment(save: SaveCollection, index: number): Promise<CheckpointedSegment> {
  const { state, snapshot } = save.captured
  const { rowsPerSegment } = state.store
  const before = save.before[index]
  if (before?.freed) return before
  const rowBase = index * rowsPerSegment
  const rowCount = Math.min(rowsPerSegment, snapshot.visibleRows - rowBase)
  const rowsCrc = snapshot.checksums[index] ?? 0
  const writtenSeconds = snapshot.times.seconds[index] ?? 0
  const isFull = rowBase + rowCount < snapshot.visibleRows
  if (isFull && segmentIsDead(snapshot, index)) {
    return { freed: true, rowCount, rowsCrc, columnBytes: 0, writtenSeconds }
  }
  const doneRows = before?.rowCount ?? 0
  const doneBytes = before?.columnBytes ?? 0
  if (!save.columns || rowCount === doneRows) {
    return { freed: false, rowCount, rowsCrc, columnBytes: doneBytes, writtenSeconds }
  }
  const frames = encodeColumns(state, rowBase + doneRows, rowBase + rowCount)
  const columnBytes = await save.columns.append(index, doneBytes, frames)
  return { freed: false, rowCount, rowsCrc, columnBytes, writtenSeconds }
}
