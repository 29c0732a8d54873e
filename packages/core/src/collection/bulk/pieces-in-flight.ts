/** The pieces of a bulk load that were submitted, and what became of them. */

import { AbortError, SluiceError } from '../../errors.js'
import { listenForAbort } from '../../listen-for-abort.js'
import { WRITE_OVERHEAD_BYTES } from '../input/batch-size.js'
import type { CheckedBatch } from '../input/checked-batch.js'
import type { IngestProgress, IngestResult, WriteResult } from '../types.js'
import type { SubmittedWrite } from '../write/row-write.js'

/** Bytes submitted and not acknowledged before the source is asked for more. */
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024

/**
 * Where pieces go.
 *
 * @internal
 */
export interface PieceTarget {
  /** Resolves when the piece was copied and submitted; the signal ends the wait for its turn. */
  readonly submit: (piece: CheckedBatch, signal: AbortSignal | undefined) => Promise<SubmittedWrite>
  readonly onProgress: ((progress: IngestProgress) => void) | undefined
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
 * Pieces under way, in the order of the source.
 *
 * @internal
 */
export class PiecesInFlight {
  readonly #target: PieceTarget
  readonly #inFlight = new Set<Promise<void>>()
  readonly #totals: Totals = { rows: 0, bytes: 0, inserted: 0, updated: 0, lsn: 0n }
  readonly #stop = new AbortController()
  #inFlightBytes = 0
  #nextRow = 0
  /** The first failure; without a row: behind all pieces. */
  #failure: { readonly error: unknown; readonly sourceRow: number | undefined } | undefined
  #hasLostPiece = false

  constructor(target: PieceTarget) {
    this.#target = target
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
    return listenForAbort(signal, onAbort)
  }

  /** Ends the load; the first failure counts. It happened behind all pieces, unless it says. */
  fail(error: unknown, sourceRow?: number): void {
    this.#failure ??= { error, sourceRow }
    this.#stop.abort(error)
  }

  /**
   * Copies and submits a piece once there is room; never behind a piece that was lost, because no
   * row may be missing before one that is written.
   *
   * @param signal - ends the wait; left out for rows that came before the load was stopped
   * @throws what `submit` does; the reason of the signal
   */
  async add(piece: CheckedBatch, signal?: AbortSignal): Promise<void> {
    for (const oldest of this.#inFlight) {
      if (this.#inFlightBytes < IN_FLIGHT_BYTES_MAX) break
      await oldest
    }
    if (this.#hasLostPiece) throw this.#failure?.error
    signal?.throwIfAborted()
    const { acknowledged } = await this.#target.submit(piece, signal)
    const sourceRow = this.#nextRow
    const bytes = piece.source.byteLength
    this.#nextRow += piece.rowCount
    this.#inFlightBytes += bytes + WRITE_OVERHEAD_BYTES
    const settled = this.#follow(acknowledged, bytes, sourceRow).then(() => {
      this.#inFlightBytes -= bytes + WRITE_OVERHEAD_BYTES
      this.#inFlight.delete(settled)
    })
    this.#inFlight.add(settled)
  }

  /** Waits for all pieces; returns the sums, or throws the failure. */
  async settle(): Promise<IngestResult> {
    await Promise.all(this.#inFlight)
    if (!this.#failure) return this.#totals
    const { error, sourceRow = this.#nextRow } = this.#failure
    throw withPosition(error, sourceRow, this.#totals.rows)
  }

  async #follow(
    acknowledged: Promise<WriteResult>,
    byteLength: number,
    sourceRow: number,
  ): Promise<void> {
    try {
      addTo(this.#totals, await acknowledged, byteLength)
    } catch (error) {
      this.#hasLostPiece = true
      this.fail(error, sourceRow)
      return
    }
    try {
      const { rows, bytes } = this.#totals
      this.#target.onProgress?.({ rows, bytes })
    } catch (error) {
      this.fail(error, sourceRow)
    }
  }
}

function addTo(totals: Totals, result: WriteResult, byteLength: number): void {
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
