/**
 * What the files of collections must hold, from memory and from the checkpoints that are kept: each
 * of these needs every segment that it has not freed. A collection that is dropped meanwhile is
 * left alone; a drop waits for the check of one file.
 */

import type { CollectionState } from '../../collection/state/collection-state.js'
import type { CheckpointedCollection } from '../checkpoint/checkpoint.js'
import type { CollectionFactory } from '../collection-factory.js'
import { crcInSteps } from '../crc-in-steps.js'
import type { CapturedRows } from './captured-rows.js'
import type { WholeCheckpoint } from './verify-checkpoints.js'
import { type StatedColumns, verifyColumns } from './verify-columns.js'
import { verifyLists } from './verify-lists.js'
import { type SegmentTools, type StatedRows, verifySegment } from './verify-segment.js'

/**
 * The check of one file.
 *
 * @internal
 */
export type VerifyTask = () => Promise<void>

/**
 * What is known of all collections.
 *
 * @internal
 */
export interface CollectionsToVerify {
  readonly captured: readonly CapturedRows[]
  readonly checkpoints: readonly WholeCheckpoint[]
  readonly factory: CollectionFactory
  /** The last record of the log. */
  readonly lastLsn: bigint
  readonly tools: SegmentTools
}

/** A collection in a checkpoint. */
interface SavedCollection {
  readonly file: string
  readonly collection: CheckpointedCollection
}

/**
 * The checks of all files of collections.
 *
 * @internal
 */
export function planCollections(plan: CollectionsToVerify): readonly VerifyTask[] {
  return plan.captured.flatMap((rows) => {
    const saved = plan.checkpoints.flatMap(({ file, checkpoint }) => {
      const collection = checkpoint.collections.find(({ id }) => id === rows.state.id)
      return collection ? [{ file, collection }] : []
    })
    return [
      ...planSegments(plan, rows, saved),
      ...planColumns(plan, rows.state, saved),
      ...planLists(plan, rows),
    ]
  })
}

function planSegments(
  { factory, tools }: CollectionsToVerify,
  rows: CapturedRows,
  saved: readonly SavedCollection[],
): readonly VerifyTask[] {
  const { state, rowCount } = rows
  const { store } = state
  const indexes = rangeTo(Math.ceil(rowCount / store.rowsPerSegment))
  return indexes.flatMap((index) => {
    const stated = saved.flatMap(({ file, collection }) => {
      const segment = collection.segments[index]
      if (!segment || segment.freed) return []
      return [{ file, rowCount: segment.rowCount, crc: segment.rowsCrc }]
    })
    const file = store.segmentFile(index)
    const isInMemory = !rows.freedSegments.has(index)
    if (file === undefined || (!isInMemory && stated.length === 0)) return []
    const header = factory.segmentHeader(state, index)
    const readMemory = <T>(read: (bytes: Uint8Array | undefined) => Promise<T>): Promise<T> =>
      readSegment(state, index, read)
    const check = async (): Promise<void> => {
      const inMemory = isInMemory ? [await rowsInMemory(rows, index, tools)] : []
      await verifySegment({ file, header, stated: [...inMemory, ...stated], readMemory }, tools)
    }
    return [unlessDropped(state, check)]
  })
}

function planColumns(
  { factory, tools }: CollectionsToVerify,
  state: CollectionState,
  saved: readonly SavedCollection[],
): readonly VerifyTask[] {
  const files = factory.columnFiles(state.id)
  if (!files) return []
  const count = saved.reduce(
    (most, { collection }) => Math.max(most, collection.segments.length),
    0,
  )
  return rangeTo(count).flatMap((segmentIndex) => {
    const stated: StatedColumns[] = saved.flatMap(({ file, collection }) => {
      const segment = collection.segments[segmentIndex]
      return segment && !segment.freed ? [{ file, ...segment }] : []
    })
    if (stated.length === 0) return []
    const rowBase = segmentIndex * state.store.rowsPerSegment
    const columns = { files, segmentIndex, rowBase, stated }
    return [unlessDropped(state, () => verifyColumns(columns, tools.report))]
  })
}

function planLists(
  { factory, lastLsn, tools }: CollectionsToVerify,
  { state }: CapturedRows,
): readonly VerifyTask[] {
  const file = factory.listFile(state)
  if (!file) return []
  const check = (): Promise<void> =>
    verifyLists(file, { rowCount: state.visibleRows, lastLsn }, tools.report)
  return [unlessDropped(state, check)]
}

/** The rows of a segment that are on disk, as memory knows them. */
async function rowsInMemory(
  rows: CapturedRows,
  index: number,
  { crc32c }: SegmentTools,
): Promise<StatedRows> {
  const { stride, rowsPerSegment } = rows.state.store
  const rowCount = Math.min(rowsPerSegment, rows.rowCount - index * rowsPerSegment)
  const known = rows.crcOf(index)
  if (known !== undefined) return { rowCount, crc: known, file: undefined }
  const crc = await readSegment(rows.state, index, async (bytes = new Uint8Array(0)) =>
    crcInSteps(crc32c, bytes.subarray(0, rowCount * stride)),
  )
  return { rowCount, crc, file: undefined }
}

/** Lends the rows of a segment, which keep their memory meanwhile; undefined without memory. */
async function readSegment<T>(
  state: CollectionState,
  index: number,
  read: (bytes: Uint8Array | undefined) => Promise<T>,
): Promise<T> {
  const leave = state.reads.enter()
  try {
    const isFreed = state.freedSegments.has(index)
    return await read(isFreed ? undefined : state.store.segment(index).bytes)
  } finally {
    leave()
  }
}

function unlessDropped(state: CollectionState, check: () => Promise<void>): VerifyTask {
  return () =>
    state.fileTurns.run(async () => {
      if (!state.isDropped) await check()
    })
}

function rangeTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}
