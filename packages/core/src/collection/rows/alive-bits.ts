/**
 * Which rows are alive: a bit per row, in words per segment, laid out as scan kernels want masks.
 * A snapshot costs nothing when taken: it shares the words, and the next change of a shared
 * segment copies that segment first. Nobody has to release a snapshot.
 * Invariant: what a snapshot shows never changes. Knows nothing of ids or visibility.
 */

import type { RowMask } from '../../row-mask.js'

const WORDS_MIN = 8
/** The words of every segment that was freed. */
const FREED_WORDS = new Uint32Array(0)

/**
 * An unchanging view of the alive bits.
 *
 * @internal
 */
export interface AliveSnapshot {
  /** Rows covered; rows from here on are dead. */
  readonly rowCount: number
  readonly aliveCount: number
  /** Covered rows that are not alive. */
  readonly deadCount: number
  /** Rows below are those of the first segments, which were freed: dead for good. */
  readonly firstRow: number
  isAlive(row: number): boolean
  /**
   * The mask of a segment: bit `i & 31` of word `i >>> 5` is its row i. Covers `rowCount`; has no
   * words where the segment was freed.
   */
  segmentWords(index: number): Uint32Array
}

/**
 * Alive bits that do not change any more.
 *
 * @internal
 */
export interface FrozenAliveBits extends AliveSnapshot {
  /** The mask of all rows from {@link firstRow} on in one piece. Not to be written. */
  rowMask(): RowMask
}

/**
 * The alive bits of a collection.
 *
 * @internal
 */
export class AliveBits implements AliveSnapshot {
  readonly #rowsPerSegment: number
  readonly #segments: Uint32Array[] = []
  /** Those before it were freed. */
  #firstSegment = 0
  /** The generation in which a segment's words were made; older than the current one: shared. */
  readonly #generations: number[] = []
  #generation = 0
  #snapshot: FrozenAliveBits | undefined
  #rowCount = 0
  #aliveCount = 0

  /** @param rowsPerSegment - rows of a segment, a multiple of 32 */
  constructor(rowsPerSegment: number) {
    this.#rowsPerSegment = rowsPerSegment
  }

  /** Rows covered; see {@link AliveSnapshot}. */
  get rowCount(): number {
    return this.#rowCount
  }

  /** Rows alive. */
  get aliveCount(): number {
    return this.#aliveCount
  }

  /** Covered rows that are not alive. */
  get deadCount(): number {
    return this.#rowCount - this.#aliveCount
  }

  /** Rows below were freed; see {@link AliveSnapshot}. */
  get firstRow(): number {
    return this.#firstSegment * this.#rowsPerSegment
  }

  /** Bytes of memory held, without the words that only snapshots still use. */
  get byteLength(): number {
    return this.#segments.reduce((sum, words) => sum + words.byteLength, 0)
  }

  /** Covers the rows below `rowCount`; new ones are dead. Never takes rows away. */
  cover(rowCount: number): void {
    if (rowCount <= this.#rowCount) return
    this.#snapshot = undefined
    const last = Math.floor((rowCount - 1) / this.#rowsPerSegment)
    for (let index = this.#lastSegment(); index < last; index++) {
      this.#makeRoom(index, this.#rowsPerSegment)
    }
    this.#makeRoom(last, rowCount - last * this.#rowsPerSegment)
    this.#rowCount = rowCount
  }

  /** Makes `rowCount` rows from `row` on alive. */
  setRange(row: number, rowCount: number): void {
    this.cover(row + rowCount)
    this.#eachRun(row, row + rowCount, (words, from, to) => {
      this.#aliveCount += setBits(words, from, to)
    })
  }

  /** Makes `rowCount` rows from `row` on dead. */
  clearRange(row: number, rowCount: number): void {
    const to = Math.min(row + rowCount, this.#rowCount)
    this.#eachRun(row, to, (words, from, end) => {
      this.#aliveCount -= clearBits(words, from, end)
    })
  }

  /** Makes a row dead. Returns whether it was alive. */
  clear(row: number): boolean {
    if (!this.isAlive(row)) return false
    const index = Math.floor(row / this.#rowsPerSegment)
    const offset = row - index * this.#rowsPerSegment
    const words = this.#writableWords(index)
    words[offset >>> 5] = words[offset >>> 5]! & ~(1 << (offset & 31))
    this.#aliveCount -= 1
    return true
  }

  /** Covers the rows of the next segment, and takes over which of them are alive. */
  restoreSegment(rowCount: number, words: Uint32Array): void {
    const row = this.#rowCount
    this.cover(row + rowCount)
    const own = this.#writableWords(Math.floor(row / this.#rowsPerSegment))
    own.set(words)
    for (const word of words) this.#aliveCount += bitCount(word)
  }

  /** Gives the words of a full segment back, whose rows are all dead and stay so. */
  freeSegment(index: number): void {
    this.#snapshot = undefined
    this.#segments[index] = FREED_WORDS
    while (this.#segments[this.#firstSegment] === FREED_WORDS) this.#firstSegment += 1
  }

  /** Whether a row is alive. */
  isAlive(row: number): boolean {
    return row < this.#rowCount && isSet(this.#segments, this.#rowsPerSegment, row)
  }

  /** The current mask of a segment; see {@link AliveSnapshot}. Not to be written, nor kept. */
  segmentWords(index: number): Uint32Array {
    return this.#segments[index] ?? new Uint32Array(0)
  }

  /** The bits as they are now, for good. */
  snapshot(): FrozenAliveBits {
    this.#snapshot ??= this.#takeSnapshot()
    return this.#snapshot
  }

  #takeSnapshot(): FrozenAliveBits {
    this.#generation += 1
    const first = this.#firstSegment
    const segments = this.#segments.slice(first)
    const rowCount = this.#rowCount
    const aliveCount = this.#aliveCount
    const rowsPerSegment = this.#rowsPerSegment
    const firstRow = first * rowsPerSegment
    let rowMask: RowMask | undefined
    return {
      rowCount,
      aliveCount,
      deadCount: rowCount - aliveCount,
      firstRow,
      isAlive: (row) => row < rowCount && isSet(segments, rowsPerSegment, row - firstRow),
      segmentWords: (index) => segments[index - first] ?? FREED_WORDS,
      rowMask: () => {
        const length = rowCount - firstRow
        rowMask ??= {
          firstRow,
          mask: length === aliveCount ? undefined : joined(segments, rowsPerSegment, length),
        }
        return rowMask
      },
    }
  }

  /** Calls `change` with the writable words of each segment that rows `from` to `to - 1` touch. */
  #eachRun(
    from: number,
    to: number,
    change: (words: Uint32Array, from: number, to: number) => void,
  ): void {
    for (let row = from; row < to; ) {
      const index = Math.floor(row / this.#rowsPerSegment)
      const base = index * this.#rowsPerSegment
      const end = Math.min(to, base + this.#rowsPerSegment)
      const isFreed = this.#segments[index] === FREED_WORDS
      if (!isFreed) change(this.#writableWords(index), row - base, end - base)
      row = end
    }
  }

  #lastSegment(): number {
    return Math.max(0, this.#segments.length - 1)
  }

  /** Makes the words of a segment long enough for its first `rowCount` rows, in doubling steps. */
  #makeRoom(index: number, rowCount: number): void {
    const words = this.#segments[index]
    const needed = (rowCount + 31) >>> 5
    if (words !== undefined && (words.length >= needed || words === FREED_WORDS)) return
    const doubled = Math.max(WORDS_MIN, needed, 2 * (words?.length ?? 0))
    const grown = new Uint32Array(Math.min(doubled, this.#rowsPerSegment >>> 5))
    if (words !== undefined) grown.set(words)
    this.#segments[index] = grown
    this.#generations[index] = this.#generation
  }

  #writableWords(index: number): Uint32Array {
    this.#snapshot = undefined
    if (this.#generations[index] !== this.#generation) {
      this.#segments[index] = this.#segments[index]!.slice()
      this.#generations[index] = this.#generation
    }
    return this.#segments[index]!
  }
}

/** The words of all segments, one after the other; zero where there are none. */
function joined(
  segments: readonly Uint32Array[],
  rowsPerSegment: number,
  rowCount: number,
): Uint32Array {
  const words = new Uint32Array(Math.ceil(rowCount / 32))
  const wordsPerSegment = rowsPerSegment / 32
  segments.forEach((segment, index) => {
    const at = index * wordsPerSegment
    words.set(segment.subarray(0, Math.max(0, words.length - at)), at)
  })
  return words
}

function isSet(segments: readonly Uint32Array[], rowsPerSegment: number, row: number): boolean {
  const index = Math.floor(row / rowsPerSegment)
  const offset = row - index * rowsPerSegment
  return (((segments[index]?.[offset >>> 5] ?? 0) >>> (offset & 31)) & 1) === 1
}

/** Sets bits `from` to `to - 1` and returns how many were clear. */
function setBits(words: Uint32Array, from: number, to: number): number {
  let added = 0
  for (let bit = from; bit < to; bit = nextWord(bit)) {
    const mask = maskOf(bit, to)
    added += bitCount(mask & ~words[bit >>> 5]!)
    words[bit >>> 5] = words[bit >>> 5]! | mask
  }
  return added
}

/** Clears bits `from` to `to - 1` and returns how many were set. */
function clearBits(words: Uint32Array, from: number, to: number): number {
  let removed = 0
  for (let bit = from; bit < to; bit = nextWord(bit)) {
    const mask = maskOf(bit, to)
    removed += bitCount(mask & words[bit >>> 5]!)
    words[bit >>> 5] = words[bit >>> 5]! & ~mask
  }
  return removed
}

function nextWord(bit: number): number {
  return ((bit >>> 5) + 1) << 5
}

/** The bits of the word of `bit`, from `bit` on, that lie below `to`. */
function maskOf(bit: number, to: number): number {
  const count = Math.min(to, nextWord(bit)) - bit
  return (0xffffffff >>> (32 - count)) << (bit & 31)
}

/** Set bits of a 32-bit word (Warren, Hacker's Delight, 5-1). */
function bitCount(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555)
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333)
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
