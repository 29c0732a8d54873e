/** The rows of a frame: which of them are alive, and how to say that they are damaged. */

import { CorruptionError } from '../../errors.js'
import type { ColumnFrame } from '../../segment/column-frame.js'
import { nextAlive, nextDead } from '../rows/alive-words.js'

/**
 * Where rows are, for messages.
 *
 * @internal
 */
export interface RowsPlace {
  readonly collection: string
  readonly file: string
  readonly rowBase: number
  readonly rowCount: number
}

/**
 * The error for columns that are not what was written.
 *
 * @param what - such as "u64 ids"
 * @internal
 */
export function corruptColumns(place: RowsPlace, what: string, problem: string): CorruptionError {
  const { collection, file, rowBase, rowCount } = place
  const rows = `rows ${rowBase} to ${rowBase + rowCount - 1} of collection "${collection}"`
  return new CorruptionError('SLUICE_CORRUPT', `${file}: ${what} of ${rows}: ${problem}`, {
    details: { file, collection, rowBase, rowCount },
  })
}

/**
 * What is known of the segment of a frame.
 *
 * @internal
 */
export interface FrameSegment {
  readonly collection: string
  readonly file: string
  readonly rowBase: number
  readonly aliveWords: Uint32Array
}

/** Takes rows `from` to `to - 1` of a frame. */
type VisitRows = (from: number, to: number) => void

/**
 * A frame in its segment.
 *
 * @internal
 */
export class FrameRows {
  readonly frame: ColumnFrame
  readonly #segment: FrameSegment
  /** The number of the frame's first row in the segment. */
  readonly #offset: number

  constructor(segment: FrameSegment, frame: ColumnFrame) {
    this.frame = frame
    this.#segment = segment
    this.#offset = frame.rowBase - segment.rowBase
  }

  /** Visits the alive rows among `from` to `to - 1`, numbered in the frame, a run at a time. */
  eachAlive(from: number, to: number, visit: VisitRows): void {
    const { aliveWords } = this.#segment
    const end = this.#offset + to
    for (let row = nextAlive(aliveWords, this.#offset + from, end); row < end; ) {
      const stop = nextDead(aliveWords, row, end)
      visit(row - this.#offset, stop - this.#offset)
      row = nextAlive(aliveWords, stop, end)
    }
  }

  /** Visits the dead rows among `from` to `to - 1`, a run at a time. */
  eachDead(from: number, to: number, visit: VisitRows): void {
    const { aliveWords } = this.#segment
    const end = this.#offset + to
    for (let row = nextDead(aliveWords, this.#offset + from, end); row < end; ) {
      const stop = nextAlive(aliveWords, row, end)
      visit(row - this.#offset, stop - this.#offset)
      row = nextDead(aliveWords, stop, end)
    }
  }

  /** The error for a frame that is not what was written. */
  corrupt(problem: string): CorruptionError {
    const { collection, file } = this.#segment
    const { kind, rowBase, rowCount } = this.frame
    return corruptColumns({ collection, file, rowBase, rowCount }, kind, problem)
  }

  /** The error for an alive row of the frame whose id another alive row has. */
  duplicate(row: number, other: number): CorruptionError {
    return this.corrupt(`row ${this.frame.rowBase + row} has the id of row ${other}`)
  }
}
