/**
 * Rebuilds the id index and the metadata of a collection from its column files. Only rows that are
 * alive get their ids and metadata back; those of dead rows end here. Frames are not trusted:
 * whatever a checksum has let through is checked against the rows that there are. Works in steps
 * short enough for the event loop.
 */

import { isUtf8 } from 'node:buffer'
import type { StringIdBatch, U64IdBatch } from '../../id-batch.js'
import type { IdKind } from '../../id-kind.js'
import { LIMITS } from '../../limits.js'
import { type PackedBytes, packedStart } from '../../packed-bytes.js'
import type { ColumnFrame, ColumnKind } from '../../segment/column-frame.js'
import { TimeSlice } from '../../time-slice.js'
import { type IdIndex, NO_ROW } from '../ids/id-index.js'
import type { RowBytes } from '../rows/row-bytes.js'
import { corruptColumns, FrameRows } from './frame-rows.js'
import { AssignedIdLoader } from './load-assigned-ids.js'
import { decodePacked, wordsOf } from './packed-column.js'

/** Rows between two looks at the clock: some tenths of a millisecond. */
const STEP_ROWS = 4096

const FRAME_KINDS: Readonly<Record<IdKind, ColumnKind>> = {
  u64: 'u64 ids',
  string: 'string ids',
  assigned: 'assigned ids',
}

/**
 * What is rebuilt: an id index and metadata without any rows.
 *
 * @internal
 */
export interface ColumnTarget {
  /** The name of the collection, for messages. */
  readonly name: string
  readonly ids: IdIndex
  readonly metadata: RowBytes
  /** Above every id that was ever assigned; of no effect where callers give the ids. */
  readonly nextId: number
}

/**
 * The columns of one segment.
 *
 * @internal
 */
export interface SegmentColumns {
  /** The first row, in the collection. */
  readonly rowBase: number
  readonly rowCount: number
  /** Which of them are alive: bit `i & 31` of word `i >>> 5` is row `rowBase + i`. */
  readonly aliveWords: Uint32Array
  /** As `encodeColumns` made them. */
  readonly frames: Iterable<ColumnFrame> | AsyncIterable<ColumnFrame>
  /** Where they come from, for messages. */
  readonly file: string
}

/**
 * Loads the columns of one collection.
 *
 * @internal
 */
export class ColumnLoader {
  readonly #target: ColumnTarget
  readonly #assigned: AssignedIdLoader | undefined
  readonly #slice = new TimeSlice()
  /** Takes what the index knew of ids before they were put: nothing. */
  #previous = new Uint32Array(0)

  constructor(target: ColumnTarget) {
    this.#target = target
    const { ids, nextId } = target
    if (ids.kind === 'assigned') this.#assigned = new AssignedIdLoader(ids, nextId)
  }

  /**
   * Loads the next segment, in row order; those that were freed are left out.
   *
   * @throws CorruptionError `SLUICE_CORRUPT` naming the file, the collection and the rows, and
   * `SLUICE_LIMIT_EXCEEDED` when there is no memory. What was loaded is of no use then
   */
  async load({ rowBase, rowCount, aliveWords, frames, file }: SegmentColumns): Promise<void> {
    const { name: collection } = this.#target
    const segment = { collection, file, rowBase, aliveWords }
    const end = rowBase + rowCount
    let idRow = rowBase
    let metadataRow = rowBase
    for await (const frame of frames) {
      const rows = new FrameRows(segment, frame)
      const isMetadata = frame.kind === 'metadata'
      const frameEnd = frame.rowBase + frame.rowCount
      if (frameEnd > end) throw rows.corrupt(`the last row is ${end - 1}`)
      if (isMetadata ? frame.rowBase < metadataRow : frame.rowBase !== idRow) {
        throw rows.corrupt(`row ${isMetadata ? metadataRow : idRow} is the next`)
      }
      if (isMetadata) metadataRow = frameEnd
      else idRow = frameEnd
      await (isMetadata ? this.#loadMetadata(rows) : this.#loadIds(rows))
    }
    if (idRow === end) return
    const missing = { collection, file, rowBase: idRow, rowCount: end - idRow }
    throw corruptColumns(missing, 'ids', 'they are missing')
  }

  async #loadMetadata(rows: FrameRows): Promise<void> {
    const { rowBase, rowCount } = rows.frame
    const packed = packedOf(rows)
    await this.#steps(rowCount, (from, to) => {
      rows.eachAlive(from, to, (start, stop) => {
        this.#target.metadata.setPacked(rowBase, packed, start, stop)
      })
    })
  }

  async #loadIds(rows: FrameRows): Promise<void> {
    const { kind, rowCount } = rows.frame
    const expected = FRAME_KINDS[this.#target.ids.kind]
    if (kind !== expected) throw rows.corrupt(`the collection has ${expected}`)
    if (this.#assigned) {
      await this.#assigned.load(rows, this.#pause)
      return
    }
    const ids = kind === 'u64 ids' ? u64IdsOf(rows) : stringIdsOf(rows)
    if (this.#previous.length < rowCount) this.#previous = new Uint32Array(rowCount)
    await this.#steps(rowCount, (from, to) => {
      rows.eachAlive(from, to, (start, stop) => this.#put(rows, ids, start, stop))
    })
  }

  #put(rows: FrameRows, ids: U64IdBatch | StringIdBatch, from: number, to: number): void {
    if (ids.kind === 'string') checkStrings(rows, ids, from, to)
    const previous = this.#previous
    this.#target.ids.put(ids, from, to, { rowBase: rows.frame.rowBase, previous })
    for (let i = from; i < to; i++) {
      if (previous[i] !== NO_ROW) throw rows.duplicate(i, previous[i] ?? NO_ROW)
    }
  }

  async #steps(count: number, work: (from: number, to: number) => void): Promise<void> {
    for (let from = 0; from < count; from += STEP_ROWS) {
      work(from, Math.min(count, from + STEP_ROWS))
      await this.#pause()
    }
  }

  /** Lets the event loop turn, when it is time. */
  readonly #pause = (): Promise<void> | undefined =>
    this.#slice.isOver() ? this.#slice.next() : undefined
}

function u64IdsOf(rows: FrameRows): U64IdBatch {
  const { body, rowCount } = rows.frame
  if (body.length !== 8 * rowCount) throw rows.corrupt(`${body.length} bytes do not hold them`)
  return { kind: 'u64', count: rowCount, words: wordsOf(body) }
}

function stringIdsOf(rows: FrameRows): StringIdBatch {
  const packed = packedOf(rows)
  if (!isUtf8(packed.bytes)) throw rows.corrupt('they are not UTF-8')
  return { kind: 'string', count: rows.frame.rowCount, ...packed }
}

function packedOf(rows: FrameRows): PackedBytes {
  const packed = decodePacked(rows.frame.body, rows.frame.rowCount)
  if (typeof packed === 'string') throw rows.corrupt(packed)
  return packed
}

/** Checks ids `from` to `to - 1`, all of alive rows, in bytes that are UTF-8 as a whole. */
function checkStrings(rows: FrameRows, ids: StringIdBatch, from: number, to: number): void {
  let start = packedStart(ids, from)
  for (let i = from; i < to; i++) {
    const end = ids.ends[i]!
    const isSplit = isInsideOfCharacter(ids.bytes, start) || isInsideOfCharacter(ids.bytes, end)
    if (end === start || end - start > LIMITS.stringIdBytesMax || isSplit) {
      const max = LIMITS.stringIdBytesMax
      const row = rows.frame.rowBase + i
      throw rows.corrupt(`row ${row}: its ${end - start} bytes are not 1 to ${max} of UTF-8`)
    }
    start = end
  }
}

/** Whether a byte of UTF-8 goes on with a character that began before it. */
function isInsideOfCharacter(bytes: Uint8Array, at: number): boolean {
  return at < bytes.length && (bytes[at]! & 0xc0) === 0x80
}
