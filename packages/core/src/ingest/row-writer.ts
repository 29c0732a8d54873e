/**
 * Moves the rows of one batch into the store: claim, then check, copy and checksum in steps short
 * enough for the event loop, sealing as it goes so that the disk starts early, and encoding while
 * rows are in the cache. A bad row gives every claimed row back. Rows that somebody has filled in
 * place go the same way, without claim and copy.
 */

import type { KernelProvider, RowSpan, VectorStore } from '../contract/index.js'
import { combineCrc32c } from '../crc32c-combine.js'
import type { Dtype } from '../dtype.js'
import { InvalidArgumentError } from '../errors.js'
import type { CodeIndex } from '../index/code-index.js'
import { TimeSlice } from '../time-slice.js'

/** Bytes per kernel call: a millisecond on the scalar kernels, a tenth of that on others. */
const STEP_BYTES = 1024 * 1024

/**
 * What rows meet on their way into a store.
 *
 * @internal
 */
export interface RowPassage {
  readonly kernels: KernelProvider
  readonly store: VectorStore
  /** The codes of the rows, if they have any. */
  readonly codes?: CodeIndex | undefined
  readonly dtype: Dtype
  readonly dimension: number
  /** Makes the error for a row that is not finite. */
  readonly describeBadRow: (row: number) => Error
  /** Called between steps; throws to give up. */
  readonly checkpoint: () => void
}

/**
 * The rows of one batch.
 *
 * @internal
 */
export interface RowSource {
  readonly rowCount: number
  /** The caller's packed rows. */
  readonly source: Uint8Array
}

/**
 * The checksum of rows that lie together in one segment.
 *
 * @internal
 */
export interface RowSpanChecksum {
  readonly rowCount: number
  /** crc32c of the packed rows, from 0. */
  readonly crc: number
}

/**
 * Where a batch has landed.
 *
 * @internal
 */
export interface CopiedRows {
  readonly rowBase: number
  /** crc32c of the packed rows. */
  readonly crc: number
  /** The same by segment, in row order. */
  readonly spans: readonly RowSpanChecksum[]
}

/**
 * Claims rows and fills them.
 *
 * @throws whatever `describeBadRow` returns, the store's `claim` or `checkpoint` throws; the rows
 * are given back then
 * @internal
 */
export async function copyRows(passage: RowPassage, batch: RowSource): Promise<CopiedRows> {
  const { store } = passage
  const rowBase = store.rowCount
  try {
    const spans = await store.claim(batch.rowCount)
    return await passRows(passage, spans, ({ row, rowCount }) =>
      partOf(batch.source, (row - rowBase) * store.stride, rowCount * store.stride),
    )
  } catch (error) {
    passage.codes?.rewind(rowBase)
    store.rewind(rowBase)
    throw error
  }
}

/**
 * Checks and checksums claimed rows that were filled in place, and seals them.
 *
 * @param spans - all that were claimed
 * @throws whatever `describeBadRow` returns or `checkpoint` throws; giving the rows back is left
 * to whoever claimed them
 * @internal
 */
export function sealRows(passage: RowPassage, spans: readonly RowSpan[]): Promise<CopiedRows> {
  return passRows(passage, spans, ({ bytes }) => bytes)
}

/** Where the rows of a span come from. */
type SourceOf = (span: RowSpan) => Uint8Array

async function passRows(
  passage: RowPassage,
  spans: readonly RowSpan[],
  source: SourceOf,
): Promise<CopiedRows> {
  const rowBase = spans[0]?.row ?? passage.store.rowCount
  const filled: RowSpanChecksum[] = []
  let crc = 0
  const slice = new TimeSlice()
  for (const span of spans) {
    const spanCrc = await passSpan(passage, { span, source, rowBase, slice })
    filled.push({ rowCount: span.rowCount, crc: spanCrc })
    crc = combineCrc32c(crc, spanCrc, span.rowCount * passage.store.stride)
  }
  return { rowBase, crc, spans: filled }
}

/** A span on its way; `rowBase` is the first row of the batch. */
interface SpanPassage {
  readonly span: RowSpan
  readonly source: SourceOf
  readonly rowBase: number
  readonly slice: TimeSlice
}

/** Returns the checksum of the span. */
async function passSpan(passage: RowPassage, step: SpanPassage): Promise<number> {
  const { store, dtype, dimension } = passage
  const { span, source, rowBase, slice } = step
  const { stride } = store
  const stepRows = Math.max(1, Math.floor(STEP_BYTES / stride))
  const bytes = source(span)
  let crc = 0
  for (let from = 0; from < span.rowCount; from += stepRows) {
    const rowCount = Math.min(stepRows, span.rowCount - from)
    checkStillThere(bytes, span.rowCount * stride)
    const start = from * stride
    const end = start + rowCount * stride
    const target = span.bytes.subarray(start, end)
    const result = passage.kernels.ingest({
      dtype,
      dimension,
      source: bytes === span.bytes ? target : bytes.subarray(start, end),
      target,
      rowCount,
      crc,
    })
    const row = span.row + from
    if (result.firstBadRow >= 0) throw passage.describeBadRow(row - rowBase + result.firstBadRow)
    crc = result.crc
    store.seal(row + rowCount)
    passage.codes?.seal(row + rowCount)
    const whenNear = passage.codes?.whenNear()
    if (whenNear !== undefined) {
      await whenNear
      passage.checkpoint()
    }
    if (slice.isOver()) {
      await slice.next()
      passage.checkpoint()
    }
  }
  return crc
}

function partOf(source: Uint8Array, start: number, byteLength: number): Uint8Array {
  // An array that is gone has no bytes, and cutting it would throw.
  return source.byteLength === 0 ? source : source.subarray(start, start + byteLength)
}

/** A caller may transfer his array while the event loop turns: it is empty then. */
function checkStillThere(source: Uint8Array, byteLength: number): void {
  if (source.byteLength === byteLength) return
  throw new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    'vectors: the array was transferred or resized while it was being read',
    { details: { argument: 'vectors' } },
  )
}
