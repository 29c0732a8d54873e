/**
 * From a checkpoint to collections as they were: rows from segments, ids and metadata from column
 * files, alive bits and counts from the checkpoint itself. Rows are read while ids are entered, and
 * compared with their checksums before anybody sees them.
 */

import { throwIfAborted } from '../../abort.js'
import { ColumnLoader } from '../../collection/columns/load-columns.js'
import type { CollectionState } from '../../collection/state/collection-state.js'
import type { KernelProvider } from '../../contract/index.js'
import { CorruptionError } from '../../errors.js'
import type { OpenProgress } from '../../open-options.js'
import { TimeSlice } from '../../time-slice.js'
import type { CollectionFactory } from '../collection-factory.js'
import type { LogSurvey } from '../log-survey.js'
import type { Replay } from '../replay.js'
import type { Checkpoint, CheckpointedCollection } from './checkpoint.js'

/** Row bytes per call of the checksum kernel. */
const STEP_BYTES = 1024 * 1024
const NO_WORDS = new Uint32Array(0)

/**
 * What is restored, and where to.
 *
 * @internal
 */
export interface RestoreCollections {
  readonly checkpoint: Checkpoint
  /** Of the log from the checkpoint on. */
  readonly survey: LogSurvey
  readonly replay: Replay
  readonly factory: CollectionFactory
  readonly kernels: KernelProvider
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: OpenProgress) => void) | undefined
}

/**
 * Restores all collections that the log does not drop.
 *
 * @throws CorruptionError naming file and rows; `SLUICE_LIMIT_EXCEEDED` when there is no memory
 * @internal
 */
export async function restoreCollections(restore: RestoreCollections): Promise<void> {
  const { checkpoint, replay, survey, signal, onProgress } = restore
  const living = checkpoint.collections.filter(({ id }) => !replay.isDropped(id))
  const parts = living.map((saved) => {
    const state = replay.create(saved)
    const rowCount = survey.rowCounts.get(saved.id) ?? saved.visibleRows
    return { saved, state, rowCount, rowBytes: (rowCount - freedRows(saved)) * state.store.stride }
  })
  const total = parts.reduce((sum, { rowBytes }) => sum + rowBytes, 0)
  let doneBefore = 0
  for (const part of parts) {
    throwIfAborted(signal, 'opening')
    await restoreCollection(restore, part, (bytes) => {
      onProgress?.({ phase: 'rows', done: doneBefore + bytes, total })
    })
    doneBefore += part.rowBytes
  }
}

/** Rows whose segment was freed: nothing is read for them. */
function freedRows({ segments }: CheckpointedCollection): number {
  return segments.reduce((sum, { freed, rowCount }) => sum + (freed ? rowCount : 0), 0)
}

/** A collection, and how many rows it has with those of the log. */
interface RestoredCollection {
  readonly saved: CheckpointedCollection
  readonly state: CollectionState
  readonly rowCount: number
}

async function restoreCollection(
  { factory, kernels }: RestoreCollections,
  { saved, state, rowCount }: RestoredCollection,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const freedSegments = new Set(saved.segments.flatMap(({ freed }, i) => (freed ? [i] : [])))
  const outcomes = await Promise.allSettled([
    state.store.restore(rowCount, { freedSegments, onProgress }),
    restoreColumns(factory, saved, state),
  ])
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  for (const index of freedSegments) await state.freeSegment(index)
  await checkRows(kernels, saved, state)
  const crcs = Uint32Array.from(saved.segments, ({ rowsCrc }) => rowsCrc)
  state.checksums.restore(saved.visibleRows, crcs)
  state.visibleRows = saved.visibleRows
  const seconds = Uint32Array.from(saved.segments, ({ writtenSeconds }) => writtenSeconds)
  state.times.restore(saved.visibleRows, { seconds, marks: saved.times })
  state.evict(firstAliveRow(saved))
}

/** The row below which all are dead: there is nothing to evict among them. */
function firstAliveRow(saved: CheckpointedCollection): number {
  let row = 0
  for (const [index, { freed, rowCount }] of saved.segments.entries()) {
    const words = freed ? NO_WORDS : saved.aliveWords(index)
    const at = words.findIndex((word) => word !== 0)
    if (at >= 0) return row + 32 * at + trailingZeros(words[at]!)
    row += rowCount
  }
  return row
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word)
}

async function restoreColumns(
  factory: CollectionFactory,
  saved: CheckpointedCollection,
  state: CollectionState,
): Promise<void> {
  const columns = factory.columnFiles(saved.id)
  if (saved.idKind === undefined || !columns) return
  const { name, nextId } = saved
  const ids = state.idsFor(saved.idKind)
  const loader = new ColumnLoader({ name, ids, metadata: state.metadata, nextId })
  for (const [index, { freed, rowCount, columnBytes }] of saved.segments.entries()) {
    const aliveWords = freed ? NO_WORDS : saved.aliveWords(index)
    state.alive.restoreSegment(rowCount, aliveWords)
    if (freed) continue
    const rowBase = index * state.store.rowsPerSegment
    const frames = columns.read(index, columnBytes)
    await loader.load({ rowBase, rowCount, aliveWords, frames, file: columns.fileOf(index) })
  }
}

/** Compares the rows of the checkpoint with their checksums; those of the log come later. */
async function checkRows(
  kernels: KernelProvider,
  saved: CheckpointedCollection,
  { store }: CollectionState,
): Promise<void> {
  const slice = new TimeSlice()
  for (const [index, { freed, rowCount, rowsCrc }] of saved.segments.entries()) {
    if (freed) continue
    const bytes = store.segment(index).bytes.subarray(0, rowCount * store.stride)
    let crc = 0
    for (let from = 0; from < bytes.byteLength; from += STEP_BYTES) {
      crc = kernels.crc32c(bytes.subarray(from, from + STEP_BYTES), crc)
      if (slice.isOver()) await slice.next()
    }
    if (crc !== rowsCrc) throw damagedRows(saved, index, store.segmentFile(index))
  }
}

function damagedRows(
  { name, segments }: CheckpointedCollection,
  index: number,
  file: string | undefined,
): CorruptionError {
  const rowCount = segments[index]?.rowCount
  return new CorruptionError(
    'SLUICE_CORRUPT',
    `${file}: its first ${rowCount} rows (segment ${index} of collection "${name}") ` +
      'do not match their checksum',
    { details: { file, offset: 4096, collection: name, segment: index, rowCount } },
  )
}
