/**
 * Moves the rows of one batch from the caller's array into the store: claim, then check, copy and
 * checksum in steps short enough for the event loop, sealing as it goes so that the disk starts
 * early, and encoding while rows are in the cache. A bad row gives every claimed row back.
 */

import type { KernelProvider, VectorStore } from '../contract/index.js'
import { combineCrc32c } from '../crc32c-combine.js'
import type { Dtype } from '../dtype.js'
import { InvalidArgumentError } from '../errors.js'
import type { CodeIndex } from '../index/code-index.js'
import { TimeSlice } from '../time-slice.js'

/** Bytes per kernel call: well under a millisecond even on the scalar kernels. */
const STEP_BYTES = 256 * 1024

/**
 * The rows of one batch on their way into a store.
 *
 * @internal
 */
export interface RowCopy {
  readonly kernels: KernelProvider
  readonly store: VectorStore
  /** The codes of the rows, if they have any. */
  readonly codes?: CodeIndex | undefined
  readonly dtype: Dtype
  readonly dimension: number
  readonly rowCount: number
  /** The caller's packed rows. */
  readonly source: Uint8Array
  /** Makes the error for a row that is not finite. */
  readonly describeBadRow: (row: number) => Error
  /** Called between steps; throws to give up. */
  readonly checkpoint: () => void
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
export async function copyRows(copy: RowCopy): Promise<CopiedRows> {
  const rowBase = copy.store.rowCount
  try {
    const spans = await copy.store.claim(copy.rowCount)
    const filled: RowSpanChecksum[] = []
    let crc = 0
    const slice = new TimeSlice()
    for (const { row, rowCount, bytes } of spans) {
      const spanCrc = await fillSpan(copy, { target: bytes, first: row - rowBase, slice })
      filled.push({ rowCount, crc: spanCrc })
      crc = combineCrc32c(crc, spanCrc, bytes.byteLength)
    }
    return { rowBase, crc, spans: filled }
  } catch (error) {
    copy.codes?.rewind(rowBase)
    copy.store.rewind(rowBase)
    throw error
  }
}

/** A span being filled: `first` is the number of its first row within the batch. */
interface SpanFill {
  readonly target: Uint8Array
  readonly first: number
  readonly slice: TimeSlice
}

/** Returns the checksum of the span. */
async function fillSpan(copy: RowCopy, fill: SpanFill): Promise<number> {
  const { store, dtype, dimension } = copy
  const { stride } = store
  const stepRows = Math.max(1, Math.floor(STEP_BYTES / stride))
  const spanRows = fill.target.byteLength / stride
  const rowBase = store.rowCount - copy.rowCount
  let crc = 0
  for (let from = 0; from < spanRows; from += stepRows) {
    checkStillThere(copy)
    const rowCount = Math.min(stepRows, spanRows - from)
    const sourceFrom = (fill.first + from) * stride
    const result = copy.kernels.ingest({
      dtype,
      dimension,
      source: copy.source.subarray(sourceFrom, sourceFrom + rowCount * stride),
      target: fill.target.subarray(from * stride, (from + rowCount) * stride),
      rowCount,
      crc,
    })
    if (result.firstBadRow >= 0) throw copy.describeBadRow(fill.first + from + result.firstBadRow)
    crc = result.crc
    const sealedRow = rowBase + fill.first + from + rowCount
    store.seal(sealedRow)
    copy.codes?.seal(sealedRow)
    if (fill.slice.isOver()) {
      await fill.slice.next()
      copy.checkpoint()
    }
  }
  return crc
}

/** A caller may transfer his array while the copy lets the event loop turn: it is empty then. */
function checkStillThere({ source, rowCount, store }: RowCopy): void {
  if (source.byteLength === rowCount * store.stride) return
  throw new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    'vectors: the array was transferred or resized while it was being read',
    { details: { argument: 'vectors' } },
  )
}
