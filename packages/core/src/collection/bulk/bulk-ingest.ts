/**
 * The bulk path: any stream of batches, cut and joined into pieces, several of them in flight, so
 * that throughput does not depend on the caller's batch size. A batch has been copied before the
 * next one is asked for, so a source may fill the same array again and again. What came before a
 * failure in the stream is written, nothing behind it is.
 */

import type { BufferPool } from '@sluice/pool'
import { nowMs } from '../../clock.js'
import { InvalidArgumentError, StateError } from '../../errors.js'
import type { IngestSettings } from '../../ingest-settings.js'
import { TimeSlice } from '../../time-slice.js'
import type { CheckedBatch } from '../input/checked-batch.js'
import type { IngestResult } from '../types.js'
import { piecesOf } from './batch-pieces.js'
import { InterruptibleSource } from './interruptible-source.js'
import { JoinedBatches } from './joined-batches.js'
import { PiecesInFlight, type PieceTarget } from './pieces-in-flight.js'

/**
 * The parts of a bulk load.
 *
 * @internal
 */
export interface BulkLoad extends PieceTarget {
  readonly source: Iterable<unknown> | AsyncIterable<unknown>
  readonly check: (batch: unknown) => CheckedBatch
  /** Each ends the load when it fires: the caller's signal, the closing of the database. */
  readonly signals: readonly (AbortSignal | undefined)[]
  /** Bytes of a row. */
  readonly stride: number
  readonly pieces: Required<IngestSettings>
  /** Where batches are joined. */
  readonly buffers: BufferPool
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
  const pieces = new PieceMaker(load, flight)
  const slice = new TimeSlice()
  try {
    for (let step = await pieces.wait(source.next()); !step.done; ) {
      for (const piece of piecesOf(load.check(step.value), load.stride, load.pieces)) {
        const added = pieces.add(piece)
        if (added !== undefined) await added
      }
      // A source that never waits must not keep the event loop from turning.
      if (slice.isOver()) await slice.next()
      step = await pieces.wait(source.next())
    }
  } catch (error) {
    await pieces.finish()
    flight.fail(error)
    source.end()
  }
  await pieces.finish()
  for (const stop of stopListening) stop?.()
  return flight.settle()
}

/** Joins small batches, and lets go of them in time. */
class PieceMaker {
  readonly #load: BulkLoad
  readonly #flight: PiecesInFlight
  readonly #joined: JoinedBatches
  /** When the first of the joined batches came. */
  #startMs = 0
  /** Runs at most while the source is waited for. */
  #timer: NodeJS.Timeout | undefined
  #flushed: Promise<void> = Promise.resolve()

  constructor(load: BulkLoad, flight: PiecesInFlight) {
    this.#load = load
    this.#flight = flight
    this.#joined = new JoinedBatches({
      stride: load.stride,
      limits: load.pieces,
      buffers: load.buffers,
    })
  }

  /**
   * Submits a piece, or keeps a copy of its rows to do so later. Not behind a failure: the source
   * may have been asked before it.
   */
  add(piece: CheckedBatch): Promise<void> | undefined {
    const { stopped } = this.#flight
    stopped.throwIfAborted()
    const joined = this.#joined
    const isJoined = this.#load.pieces.lingerMs > 0 && joined.suits(piece)
    if (joined.batchCount > 0 && !(isJoined && joined.hasRoomFor(piece))) {
      return this.#flush(stopped).then(() => this.add(piece))
    }
    if (!isJoined) return this.#flight.add(piece, stopped)
    if (joined.batchCount === 0) this.#startMs = nowMs()
    joined.add(piece)
    return this.#restMs() <= 0 ? this.#flush(stopped) : undefined
  }

  /** Waits for the source; joined batches wait no longer than they may. */
  async wait<T>(step: T | Promise<T>): Promise<T> {
    if (!(step instanceof Promise) || this.#joined.batchCount === 0) return step
    this.#timer = setTimeout(() => {
      this.#flushed = this.#flush(this.#flight.stopped).catch((error: unknown) =>
        this.#flight.fail(error),
      )
    }, this.#restMs())
    try {
      return await step
    } finally {
      clearTimeout(this.#timer)
      await this.#flushed
    }
  }

  /** Submits what is left, even when the load was stopped; a failure ends the load. */
  async finish(): Promise<void> {
    await this.#flush().catch((error: unknown) => this.#flight.fail(error))
    this.#joined.release()
  }

  #restMs(): number {
    return this.#startMs + this.#load.pieces.lingerMs - nowMs()
  }

  async #flush(signal?: AbortSignal): Promise<void> {
    const joined = this.#joined
    if (joined.batchCount === 0) return
    try {
      await this.#flight.add(joined.whole(), signal)
    } catch (error) {
      // Its turn has not come, and nothing of it is written: that is left to `finish`.
      if (signal?.aborted) throw error
      await this.#addEach(error)
    }
    joined.clear()
  }

  /**
   * Submits batch by batch what was refused as a whole: on their own those before the bad batch are
   * written, and the error speaks of the rows of that batch.
   */
  async #addEach(refusal: unknown): Promise<void> {
    const joined = this.#joined
    try {
      if (joined.batchCount === 1 || !isRefusal(refusal)) throw refusal
      for (const batch of joined.each()) await this.#flight.add(batch)
    } catch (error) {
      joined.clear()
      throw error
    }
  }
}

/** Whether a write was refused for what it is, and not for what became of the database. */
function isRefusal(error: unknown): boolean {
  return error instanceof InvalidArgumentError || error instanceof StateError
}
