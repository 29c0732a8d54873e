/** How rows come in: the options `ingest` and `ingestWorkers` of `open`. */

import { checkInteger, checkOptions, unexpected } from './checks.js'
import { LIMITS } from './limits.js'

/**
 * How `ingest` puts batches together. A piece of rows is written, and becomes visible, as a whole;
 * larger batches are cut into pieces, consecutive smaller ones are joined, so that the size of a
 * batch does not matter. A piece is written when it is full, or when its first row has waited long
 * enough.
 *
 * @public
 */
export interface IngestSettings {
  /**
   * Bytes of a piece, 1 to 64 MiB. Batches of a quarter of that or more are not joined: they are
   * copied once, smaller ones twice. Default 8 MiB, or less where memory or the queue is small.
   */
  readonly batchBytesMax?: number
  /** Rows of a piece, 1 to `LIMITS.rowsPerBatchMax`; 1 joins nothing. Default 65,536. */
  readonly batchRowsMax?: number
  /**
   * Milliseconds that a row waits for more, so that a slow source's rows are acknowledged soon; 0
   * joins nothing, at most 60,000. Default 2.
   */
  readonly lingerMs?: number
}

/**
 * How many threads encode rows: so many, none for the event loop itself, or as many as pay.
 *
 * @public
 */
export type IngestWorkers = number | 'auto'

/**
 * What else bounds the default size of a piece.
 *
 * @internal
 */
export interface IngestBounds {
  readonly memoryBytesMax: number
  readonly queueBytesMax: number
}

const KEYS = ['batchBytesMax', 'batchRowsMax', 'lingerMs'] as const
const LINGER_MS_MAX = 60_000
/** A piece is in memory twice for a while, and there are several. */
const MEMORY_PIECES = 64
const QUEUE_PIECES = 8

/**
 * Checks the option.
 *
 * @throws InvalidArgumentError naming the option
 * @internal
 */
export function checkIngestSettings(
  settings: unknown,
  { memoryBytesMax, queueBytesMax }: IngestBounds,
): Required<IngestSettings> {
  const given = checkOptions('ingest', settings, KEYS)
  const room = Math.min(memoryBytesMax / MEMORY_PIECES, queueBytesMax / QUEUE_PIECES)
  const {
    batchBytesMax = Math.max(1, Math.min(LIMITS.pieceBytesDefault, Math.floor(room))),
    batchRowsMax = LIMITS.pieceRowsDefault,
    lingerMs = LIMITS.pieceLingerMsDefault,
  } = given
  return {
    batchBytesMax: checkInteger('ingest.batchBytesMax', batchBytesMax, 1, LIMITS.pieceBytesMax),
    batchRowsMax: checkInteger('ingest.batchRowsMax', batchRowsMax, 1, LIMITS.rowsPerBatchMax),
    lingerMs: checkInteger('ingest.lingerMs', lingerMs, 0, LINGER_MS_MAX),
  }
}

/**
 * Checks the option.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkIngestWorkers(workers: unknown = 'auto'): IngestWorkers {
  if (workers === 'auto') return workers
  if (typeof workers !== 'number')
    throw unexpected('ingestWorkers', "'auto' or an integer", workers)
  return checkInteger('ingestWorkers', workers, 0, LIMITS.ingestWorkersMax)
}
