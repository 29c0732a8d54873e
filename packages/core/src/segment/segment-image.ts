/**
 * What of a segment's image is on disk. Bytes below `sealedTo` are final. Each of them is dirty,
 * in a write under way, or written; those below `durableTo` are synced as well. Byte ranges say
 * what must be written, whole pages are what is written, and no two writes under way share a page:
 * the disk reads memory at an unknown time, so the later of two could win with older bytes.
 *
 * Writing a page again that holds durable rows, with the same bytes, is safe on media that do not
 * destroy bytes they were not asked to change when power fails ("powersafe overwrite", SQLite).
 */

import type { ImageFile } from './segment-file.js'
import { pageCeil, pageFloor } from './segment-layout.js'

/** Bytes of a write: large enough for full speed, small enough to have several under way. */
const WRITE_BYTES = 4 * 1024 * 1024

/**
 * Bytes `from` to `to - 1`.
 *
 * @internal
 */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

/** A flush that waits for bytes below `to`. */
interface Waiter {
  to: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * What an image is made of.
 *
 * @internal
 */
export interface SegmentImageOptions {
  /** The slab. */
  readonly bytes: Uint8Array
  readonly file: ImageFile
  /** Where the last row ends. */
  readonly fullTo: number
  /** Bytes of a write, whole pages. Default 4 MiB. */
  readonly writeBytes?: number
}

/**
 * The state of one segment.
 *
 * @internal
 */
export class SegmentImage {
  readonly bytes: Uint8Array
  readonly file: ImageFile
  /** Where the last row ends. */
  readonly fullTo: number
  readonly #writeBytes: number
  /** Where final bytes end. */
  sealedTo = 0
  /** Where durable bytes end. */
  durableTo = 0
  /** What the sync under way will make durable; undefined when there is none. */
  syncingTo: number | undefined
  /** Ascending, apart from each other, below `sealedTo`. */
  #dirty: ByteRange[] = []
  readonly #writing: ByteRange[] = []
  #waiters: Waiter[] = []

  constructor(options: SegmentImageOptions) {
    this.bytes = options.bytes
    this.file = options.file
    this.fullTo = options.fullTo
    this.#writeBytes = options.writeBytes ?? WRITE_BYTES
  }

  /** Where bytes end that have been written, synced or not. */
  get writtenTo(): number {
    let to = this.#dirty[0]?.from ?? this.sealedTo
    for (const { from } of this.#writing) to = Math.min(to, from)
    return to
  }

  /** Whether a write or sync is under way. */
  get busy(): boolean {
    return this.#writing.length > 0 || this.syncingTo !== undefined
  }

  /** Whether a flush waits. */
  get awaited(): boolean {
    return this.#waiters.length > 0
  }

  /** Whether bytes may be worth writing that no flush waits for. */
  get due(): boolean {
    const from = this.#dirty[0]?.from ?? this.sealedTo
    return this.sealedTo === this.fullTo || this.sealedTo - from >= this.#writeBytes
  }

  /** Whether nothing is left to be written. */
  get clean(): boolean {
    return this.#dirty.length === 0
  }

  /**
   * Whether some flush waits for a sync and for nothing else, or a sync would end the need for an
   * open file: the segment is full and written.
   */
  get wantsSync(): boolean {
    if (this.syncingTo !== undefined) return false
    const { writtenTo } = this
    if (writtenTo <= this.durableTo) return false
    return writtenTo === this.fullTo || this.#waiters.some(({ to }) => to <= writtenTo)
  }

  /** Declares bytes below `to` final. */
  seal(to: number): void {
    if (to <= this.sealedTo) return
    this.#addDirty(this.sealedTo, to)
    this.sealedTo = to
  }

  /** Takes over what was read from disk: bytes below `sealedTo`, of which some may be missing. */
  adopt(sealedTo: number, durableTo: number): void {
    this.sealedTo = sealedTo
    this.durableTo = durableTo
    if (durableTo < sealedTo) this.#addDirty(durableTo, sealedTo)
  }

  /** Declares bytes from `to` on not final any more; they are written again once they are. */
  rewind(to: number): void {
    if (to >= this.sealedTo) return
    this.sealedTo = to
    this.durableTo = Math.min(this.durableTo, to)
    if (this.syncingTo !== undefined) this.syncingTo = Math.min(this.syncingTo, to)
    this.#dirty = this.#dirty
      .filter(({ from }) => from < to)
      .map((range) => ({ from: range.from, to: Math.min(range.to, to) }))
    for (const waiter of this.#waiters) waiter.to = Math.min(waiter.to, to)
    this.settle()
  }

  /** Resolves when bytes below `to` are durable. */
  whenDurable(to: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ to, resolve, reject })
      this.settle()
    })
  }

  /** Resolves the flushes whose bytes are durable. */
  settle(): void {
    const ready = this.#waiters.filter(({ to }) => to <= this.durableTo)
    if (ready.length === 0) return
    this.#waiters = this.#waiters.filter(({ to }) => to > this.durableTo)
    for (const { resolve } of ready) resolve()
  }

  /** Rejects all flushes. */
  fail(error: Error): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const { reject } of waiters) reject(error)
  }

  /**
   * Takes the next bytes to be written, if there are any worth it: what a flush waits for, the end
   * of a full segment, or a whole 4 MiB. `endWrite` must follow.
   *
   * @param urgentOnly - whether to take only what a flush waits for
   */
  startWrite(urgentOnly: boolean): ByteRange | undefined {
    if (this.clean) return undefined
    const flushTo = this.#waiters.reduce((max, { to }) => Math.max(max, to), 0)
    for (const range of this.#dirty) {
      let from = range.from
      while (from < range.to) {
        const taken = this.#writing.find((w) => pageFloor(w.from) <= from && from < pageCeil(w.to))
        if (taken !== undefined) {
          from = pageCeil(taken.to)
          continue
        }
        const free = this.#freeFrom(from, range.to)
        const urgent = from < flushTo
        const to = this.#endOfWrite({ from, to: free }, urgent)
        if (to > from && (urgent || !urgentOnly)) return this.#start({ from, to })
        from = free
      }
    }
    return undefined
  }

  /** Ends a write begun with `startWrite`. */
  endWrite(range: ByteRange): void {
    this.#writing.splice(this.#writing.indexOf(range), 1)
  }

  /** Where a write of a free range ends; at its start when it is not worth writing yet. */
  #endOfWrite(free: ByteRange, urgent: boolean): number {
    const end = pageFloor(free.from) + this.#writeBytes
    if (urgent || this.sealedTo === this.fullTo) {
      return free.to <= end + this.#writeBytes / 2 ? free.to : end
    }
    return free.to >= end ? end : free.from
  }

  /** Where bytes from `from` on meet a page that is being written. */
  #freeFrom(from: number, to: number): number {
    let end = to
    for (const write of this.#writing) {
      const page = pageFloor(write.from)
      if (page > from) end = Math.min(end, page)
    }
    return end
  }

  #start(range: ByteRange): ByteRange {
    const rest: ByteRange[] = []
    for (const { from, to } of this.#dirty) {
      if (from < range.from) rest.push({ from, to: Math.min(to, range.from) })
      if (to > range.to) rest.push({ from: Math.max(from, range.to), to })
    }
    this.#dirty = rest
    this.#writing.push(range)
    return range
  }

  #addDirty(from: number, to: number): void {
    const last = this.#dirty.at(-1)
    if (last?.to === from) this.#dirty[this.#dirty.length - 1] = { from: last.from, to }
    else this.#dirty.push({ from, to })
  }
}
