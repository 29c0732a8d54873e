/**
 * The bulk path: any stream of batches, cut into pieces of a size that suits the disk and written
 * with several in flight, so that throughput does not depend on the caller's batch size.
 */

import { SluiceError } from '../errors.js'
import { type PackedBytes, packedStart } from '../packed-bytes.js'
import type { CheckedBatch } from './row-write.js'
import type { Batch, IngestProgress, IngestResult, WriteResult } from './types.js'

/** Row bytes of one piece: large enough to amortise a sync, small enough to overlap. */
const PIECE_BYTES = 4 * 1024 * 1024
/** Row bytes submitted and not acknowledged before the source is asked for more. */
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024

/**
 * The parts of a bulk load.
 *
 * @internal
 */
export interface BulkLoad {
  readonly source: Iterable<Batch> | AsyncIterable<Batch>
  readonly check: (batch: unknown) => CheckedBatch
  readonly write: (batch: CheckedBatch) => Promise<WriteResult>
  readonly onProgress: ((progress: IngestProgress) => void) | undefined
  /** Called before each batch; throws to give up. */
  readonly checkpoint: () => void
}

/** Sums over the pieces. */
interface Totals {
  rows: number
  bytes: number
  inserted: number
  updated: number
  lsn: bigint
}

/**
 * Writes a stream of batches.
 *
 * @throws the error of the first piece that failed, with `details.rowsAcknowledged` and
 * `details.sourceRow`, the number of the failing batch's first row in the stream
 * @internal
 */
export async function bulkIngest(load: BulkLoad): Promise<IngestResult> {
  const totals: Totals = { rows: 0, bytes: 0, inserted: 0, updated: 0, lsn: 0n }
  const inFlight = new Set<Promise<void>>()
  let inFlightBytes = 0
  let sourceRow = 0
  let failure: { readonly error: unknown; readonly sourceRow: number } | undefined

  const start = (piece: CheckedBatch, firstRow: number): void => {
    const bytes = piece.source.byteLength
    inFlightBytes += bytes
    const written = load
      .write(piece)
      .then((result) => {
        add(totals, result, bytes)
        load.onProgress?.({ rows: totals.rows, bytes: totals.bytes })
      })
      .catch((error: unknown) => {
        failure ??= { error, sourceRow: firstRow }
      })
      .finally(() => {
        inFlightBytes -= bytes
        inFlight.delete(written)
      })
    inFlight.add(written)
  }

  try {
    for await (const batch of load.source) {
      load.checkpoint()
      for (const piece of pieces(load.check(batch))) {
        while (inFlightBytes >= IN_FLIGHT_BYTES_MAX) await Promise.race(inFlight)
        if (failure) break
        start(piece, sourceRow)
        sourceRow += piece.rowCount
      }
      if (failure) break
    }
  } catch (error) {
    failure ??= { error, sourceRow }
  }
  await Promise.all(inFlight)
  if (failure) throw withPosition(failure.error, failure.sourceRow, totals.rows)
  return totals
}

function add(totals: Totals, result: WriteResult, bytes: number): void {
  totals.rows += result.rows
  totals.bytes += bytes
  totals.inserted += result.inserted
  totals.updated += result.updated
  if (result.lsn > totals.lsn) totals.lsn = result.lsn
}

/** Tells where in the stream an error happened; errors of the source itself pass as they are. */
function withPosition(error: unknown, sourceRow: number, rowsAcknowledged: number): unknown {
  if (!(error instanceof SluiceError)) return error
  const details = { ...error.details, sourceRow, rowsAcknowledged }
  // A copy: after an I/O error many writers are given the same one.
  const properties = Object.getOwnPropertyDescriptors(error)
  const copy: unknown = Object.create(Object.getPrototypeOf(error), properties)
  return Object.defineProperty(copy, 'details', { value: details, enumerable: true })
}

/** Cuts a batch into pieces of about {@link PIECE_BYTES}. */
function* pieces(batch: CheckedBatch): Generator<CheckedBatch> {
  const stride = batch.source.byteLength / batch.rowCount
  const pieceRows = Math.max(1, Math.floor(PIECE_BYTES / stride))
  if (batch.rowCount <= pieceRows) {
    if (batch.rowCount > 0) yield batch
    return
  }
  for (let from = 0; from < batch.rowCount; from += pieceRows) {
    const to = Math.min(batch.rowCount, from + pieceRows)
    yield {
      rowCount: to - from,
      source: batch.source.subarray(from * stride, to * stride),
      ids: sliceIds(batch.ids, from, to),
      metadata: batch.metadata && slicePacked(batch.metadata, from, to),
    }
  }
}

function sliceIds(ids: CheckedBatch['ids'], from: number, to: number): CheckedBatch['ids'] {
  if (!ids) return undefined
  const count = to - from
  if (ids.kind === 'string') return { kind: 'string', count, ...slicePacked(ids, from, to) }
  return { kind: 'u64', count, words: ids.words.subarray(2 * from, 2 * to) }
}

function slicePacked(packed: PackedBytes, from: number, to: number): PackedBytes {
  const start = packedStart(packed, from)
  const ends = packed.ends.slice(from, to)
  for (let i = 0; i < ends.length; i++) ends[i] = (ends[i] ?? 0) - start
  return { bytes: packed.bytes.subarray(start, packedStart(packed, to)), ends }
}
