/**
 * The bulk path: any stream of batches, written with several pieces in flight, so that throughput
 * does not depend on the caller's batch size. A batch has been copied before the next one is asked
 * for, so a source may fill the same array again and again.
 */

import { AbortError, SluiceError } from '../errors.js'
import { TimeSlice } from '../time-slice.js'
import { piecesOf } from './batch-pieces.js'
import { WRITE_OVERHEAD_BYTES } from './batch-size.js'
import { InterruptibleSource } from './interruptible-source.js'
import type { CheckedBatch, SubmittedWrite } from './row-write.js'
import type { IngestProgress, IngestResult, WriteResult } from './types.js'

/** Bytes submitted and not acknowledged before the source is asked for more. */
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024

/**
 * The parts of a bulk load.
 *
 * @internal
 */
export interface BulkLoad {
  readonly source: Iterable<unknown> | AsyncIterable<unknown>
  readonly check: (batch: unknown) => CheckedBatch
  /** Resolves when the batch was copied and submitted. */
  readonly submit: (batch: CheckedBatch) => Promise<SubmittedWrite>
  readonly onProgress: ((progress: IngestProgress) => void) | undefined
  /** Each ends the load when it fires: the caller's signal, the closing of the database. */
  readonly signals: readonly (AbortSignal | undefined)[]
}

/** Sums over the pieces that were acknowledged. */
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
 * @throws the first failure. One of ours has `details.rowsAcknowledged`, the rows from the start of
 * the stream that are written, and `details.sourceRow`, where in the stream it happened; one of
 * the source itself comes back as it is
 * @internal
 */
export async function bulkIngest(load: BulkLoad): Promise<IngestResult> {
  const flight = new PiecesInFlight(load)
  const source = new InterruptibleSource(load.source, flight.stopped)
  const stopListening = load.signals.map((signal) => signal && flight.stopAt(signal))
  const slice = new TimeSlice()
  try {
    for (let step = await source.next(); !step.done; step = await source.next()) {
      for (const piece of piecesOf(load.check(step.value))) await flight.add(piece)
      // A source that never waits must not keep the event loop from turning.
      if (slice.isOver()) await slice.next()
    }
  } catch (error) {
    flight.fail(error)
    source.end()
  }
  for (const stop of stopListening) stop?.()
  return flight.settle()
}

/** Pieces that were submitted, and what became of them. */
class PiecesInFlight {
  readonly #load: BulkLoad
  readonly #inFlight = new Set<Promise<void>>()
  readonly #totals: Totals = { rows: 0, bytes: 0, inserted: 0, updated: 0, lsn: 0n }
  readonly #stop = new AbortController()
  #inFlightBytes = 0
  #nextRow = 0
  #failure: { readonly error: unknown; readonly sourceRow: number } | undefined

  constructor(load: BulkLoad) {
    this.#load = load
  }

  /** Fires at the first failure. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  /** Fails when a signal fires; returns the function that stops listening. */
  stopAt(signal: AbortSignal): () => void {
    const onAbort = (): void => {
      const { reason } = signal
      this.fail(reason instanceof SluiceError ? reason : aborted(signal))
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    return () => signal.removeEventListener('abort', onAbort)
  }

  /** Ends the load; the first failure counts. */
  fail(error: unknown, sourceRow: number = this.#nextRow): void {
    this.#failure ??= { error, sourceRow }
    this.#stop.abort(error)
  }

  /** Copies and submits a piece once there is room; nothing after a failure. */
  async add(piece: CheckedBatch): Promise<void> {
    while (this.#inFlightBytes >= IN_FLIGHT_BYTES_MAX) await Promise.race(this.#inFlight)
    this.#stop.signal.throwIfAborted()
    const { acknowledged } = await this.#load.submit(piece)
    const sourceRow = this.#nextRow
    const bytes = piece.source.byteLength
    this.#nextRow += piece.rowCount
    this.#inFlightBytes += bytes + WRITE_OVERHEAD_BYTES
    const settled = this.#follow(acknowledged, bytes, sourceRow).finally(() => {
      this.#inFlightBytes -= bytes + WRITE_OVERHEAD_BYTES
      this.#inFlight.delete(settled)
    })
    this.#inFlight.add(settled)
  }

  /** Waits for all pieces; returns the sums, or throws the failure. */
  async settle(): Promise<IngestResult> {
    await Promise.all(this.#inFlight)
    if (!this.#failure) return this.#totals
    throw withPosition(this.#failure.error, this.#failure.sourceRow, this.#totals.rows)
  }

  async #follow(
    acknowledged: Promise<WriteResult>,
    byteLength: number,
    sourceRow: number,
  ): Promise<void> {
    try {
      add(this.#totals, await acknowledged, byteLength)
      const { rows, bytes } = this.#totals
      this.#load.onProgress?.({ rows, bytes })
    } catch (error) {
      this.fail(error, sourceRow)
    }
  }
}

function add(totals: Totals, result: WriteResult, byteLength: number): void {
  totals.rows += result.rows
  totals.bytes += byteLength
  totals.inserted += result.inserted
  totals.updated += result.updated
  if (result.lsn > totals.lsn) totals.lsn = result.lsn
}

function aborted(signal: AbortSignal): AbortError {
  return new AbortError('the ingest was aborted; the rows acknowledged before stay written', {
    cause: signal.reason,
  })
}

/** Tells where in the stream an error happened. */
function withPosition(error: unknown, pieceRow: number, rowsAcknowledged: number): unknown {
  if (!(error instanceof SluiceError)) return error
  const { row } = error.details
  const sourceRow = pieceRow + (typeof row === 'number' ? row : 0)
  const details = { ...error.details, sourceRow, rowsAcknowledged }
  // A copy: after an I/O error many writers are given the same one.
  const properties = Object.getOwnPropertyDescriptors(error)
  const copy: unknown = Object.create(Object.getPrototypeOf(error), properties)
  return Object.defineProperties(copy, {
    details: { value: details, enumerable: true },
    message: { value: `${error.message} (row ${sourceRow} of the source)` },
  })
}
