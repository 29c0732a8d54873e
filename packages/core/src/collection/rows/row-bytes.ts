/**
 * A byte string per row: string ids, metadata. Rows may be sparse; an empty string of bytes is the
 * same as none. Invariant: bytes never move, so a view stays valid until its row is forgotten or
 * `release`.
 */

import type { Allocator } from '../../contract/index.js'
import { type PackedBytes, packedStart } from '../../packed-bytes.js'
import { ByteArena } from './byte-arena.js'
import { RowWords } from './row-words.js'

/**
 * Byte strings by row.
 *
 * @internal
 */
export class RowBytes {
  /** Position of each row's item in the arena; 0: the row has none. */
  readonly #positions: RowWords
  readonly #arena: ByteArena

  constructor(allocator: Allocator) {
    this.#positions = new RowWords(allocator, 1)
    this.#arena = new ByteArena(allocator)
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#arena.byteLength + this.#positions.byteLength
  }

  /**
   * Sets the bytes of a row; none, when `bytes` is empty.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` when memory or the 16 GiB of addresses are exhausted
   */
  set(row: number, bytes: Uint8Array): void {
    if (bytes.byteLength > 0 || this.#positions.first(row) !== 0) {
      this.#positions.ensure(row, row + 1)
      this.#write(row, bytes, 0, bytes.byteLength)
    }
  }

  /**
   * Sets the bytes of rows `rowBase + from` to `rowBase + to - 1` to items `from` to `to - 1`.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` as `set` does; some rows may have been set by then
   */
  setPacked(rowBase: number, packed: PackedBytes, from: number, to: number): void {
    this.#positions.ensure(rowBase + from, rowBase + to)
    let start = packedStart(packed, from)
    for (let i = from; i < to; i++) {
      const end = packed.ends[i] ?? start
      this.#write(rowBase + i, packed.bytes, start, end)
      start = end
    }
  }

  /**
   * Takes the bytes of rows `fromRow` to `toRow - 1` away. They must be the newest, set in row
   * order; their space is used again.
   */
  rewind(fromRow: number, toRow: number): void {
    for (let row = toRow - 1; row >= fromRow; row--) {
      const position = this.#positions.first(row)
      if (position === 0) continue
      this.#arena.takeBack(position)
      this.#positions.setFirst(row, 0)
    }
  }

  /** Forgets rows `fromRow` to `toRow - 1`, which nobody asks for any more, each at most once. */
  forget(fromRow: number, toRow: number): void {
    for (let row = this.nextSet(fromRow, toRow); row < toRow; row = this.nextSet(row + 1, toRow)) {
      this.#arena.drop(this.#positions.first(row))
      this.#positions.setFirst(row, 0)
    }
    this.#positions.forget(fromRow, toRow)
  }

  /** A view of the bytes of a row; undefined where there are none. */
  get(row: number): Uint8Array | undefined {
    const position = this.#positions.first(row)
    return position === 0 ? undefined : this.#arena.item(position)
  }

  /** Whether the bytes of a row are `bytes[start]` to `bytes[end - 1]`. */
  equals(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const position = this.#positions.first(row)
    return position === 0 ? start === end : this.#arena.equals(position, bytes, start, end)
  }

  /** The first row from `from` on that has bytes, or `to` when there is none below. */
  nextSet(from: number, to: number): number {
    return this.#positions.nextSet(from, to)
  }

  /**
   * The bytes of rows from `fromRow` on: of at least one, and of no row from `toRow` on or beyond
   * the one with which they come to `byteLengthMax`.
   */
  pack(fromRow: number, toRow: number, byteLengthMax: number): PackedBytes {
    const ends = new Uint32Array(toRow - fromRow)
    let count = 0
    let end = 0
    for (let row = fromRow; row < toRow && (count === 0 || end < byteLengthMax); row++) {
      const position = this.#positions.first(row)
      if (position !== 0) end += this.#arena.lengthOf(position)
      ends[count++] = end
    }
    const bytes = new Uint8Array(end)
    let start = 0
    for (let i = 0; i < count; i++) {
      const position = this.#positions.first(fromRow + i)
      if (position !== 0) this.#arena.copyTo(position, bytes, start)
      start = ends[i]!
    }
    return { bytes, ends: ends.subarray(0, count) }
  }

  /** Gives all memory back; every row has no bytes afterwards. */
  release(): void {
    this.#positions.release()
    this.#arena.release()
  }

  /** Sets the bytes of a row that there is room for. */
  #write(row: number, source: Uint8Array, start: number, end: number): void {
    const before = this.#positions.first(row)
    const position = start === end ? 0 : this.#arena.add(source, start, end)
    this.#positions.setFirst(row, position)
    if (before !== 0) this.#arena.drop(before)
  }
}
