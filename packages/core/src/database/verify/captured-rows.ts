/**
 * What verification knows without a look at the disk: how many rows there are and their checksums,
 * taken from memory in one moment. Rows that are visible then never change again.
 */

import type { CollectionState } from '../../collection/state/collection-state.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import type { ReplayedRows } from '../replayed-rows.js'

/**
 * The rows of a collection that are on disk.
 *
 * @internal
 */
export interface CapturedRows {
  readonly state: CollectionState
  readonly rowCount: number
  /** crc32c of the rows of each segment; undefined where only a part of them is on disk. */
  crcOf(segmentIndex: number): number | undefined
  /** Segments that had no memory any more, so that their rows may be gone. */
  readonly freedSegments: ReadonlySet<number>
}

/**
 * Captures the visible rows of all collections and gets them on disk.
 *
 * @param states - asked in the moment of the capture
 * @throws StorageError
 * @internal
 */
export async function captureRows(
  log: CommitLog,
  states: () => readonly CollectionState[],
): Promise<readonly CapturedRows[]> {
  const captured = await log.barrier(() => states().map((state) => visibleRowsOf(state)))
  for (const { state, rowCount } of captured) {
    // A drop waits for its turn to close the store.
    await state.fileTurns.run(async () => {
      if (!state.isDropped) await log.orPoison('flush rows', () => state.store.flush(rowCount))
    })
  }
  return captured
}

/**
 * Captures the rows of a database that cannot be written to: those that a process which died has
 * left in the log alone, and those after them, are not expected on disk.
 *
 * @param unspilled - what opening found in the log alone
 * @internal
 */
export function captureReadOnlyRows(
  states: readonly CollectionState[],
  unspilled: readonly ReplayedRows[],
): readonly CapturedRows[] {
  return states.map((state) => {
    const { stride, rowsPerSegment } = state.store
    const rows = visibleRowsOf(state)
    const { unspilledBytes = 0 } = unspilled.find((each) => each.state === state) ?? {}
    const spilledRows = rows.rowCount - unspilledBytes / stride
    const rowCount = Math.min(spilledRows, state.store.stats().durableRowCount)
    if (rowCount === rows.rowCount) return rows
    const isWhole = (index: number): boolean => (index + 1) * rowsPerSegment <= rowCount
    const crcOf = (index: number): number | undefined =>
      isWhole(index) ? rows.crcOf(index) : undefined
    return { ...rows, rowCount, crcOf }
  })
}

function visibleRowsOf(state: CollectionState): CapturedRows {
  const checksums = state.checksums.snapshot()
  return {
    state,
    rowCount: state.visibleRows,
    crcOf: (index) => checksums[index],
    freedSegments: new Set(state.freedSegments),
  }
}
