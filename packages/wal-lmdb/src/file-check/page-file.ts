/**
 * Reading pages of an LMDB file without mapping it: a mapped page that is not there kills the
 * process. Pages near each other come in one reading. Also keeps account of the pages in use, each
 * of which must be used once.
 */

import type { FileHandle } from 'node:fs/promises'
import { damaged } from './damage.js'

/** Bytes of one reading, unless a single item is larger. */
const READ_BYTES = 1024 * 1024
/** Bytes between two items up to which reading on is cheaper than reading anew. */
const GAP_BYTES = 64 * 1024
/** Pages 0 and 1 are the meta pages. */
const FIRST_PAGE = 2

/**
 * What an item to read has to tell.
 *
 * @internal
 */
export interface PageRun {
  /** Its first page. */
  readonly page: number
}

/**
 * An LMDB file that is being checked.
 *
 * @internal
 */
export class PageFile {
  readonly file: string
  readonly pageBytes: number
  /** Pages the file has. */
  readonly pageCount: number
  readonly #handle: FileHandle
  readonly #lastPage: number
  /** A bit for each page the file has. */
  readonly #used: Uint32Array
  /** Pages beyond the end of the file that are free. */
  readonly #beyond = new Set<number>()

  /**
   * @param handle - open for reading
   * @param file - its name
   * @param size - its bytes
   * @param snapshot - what its meta page says
   */
  constructor(
    handle: FileHandle,
    file: string,
    size: number,
    snapshot: { readonly pageBytes: number; readonly lastPage: number },
  ) {
    this.#handle = handle
    this.file = file
    this.pageBytes = snapshot.pageBytes
    this.#lastPage = snapshot.lastPage
    this.pageCount = Math.floor(size / snapshot.pageBytes)
    this.#used = new Uint32Array(Math.ceil(this.pageCount / 32))
  }

  /** No run of pages is longer. */
  get runLengthMax(): number {
    return this.#lastPage
  }

  /** The error for something wrong with a page. */
  damage(page: number, problem: string): Error {
    const offset = page * this.pageBytes
    return damaged(this.file, `page ${page} ${problem}`, Number.isSafeInteger(offset) ? offset : 0)
  }

  /**
   * Notes that a run of pages is in use.
   *
   * @throws `SLUICE_CORRUPT` when one is missing or in use already
   */
  use(first: number, count: number): void {
    const isInside = first >= FIRST_PAGE && first + count - 1 <= this.#lastPage
    if (!isInside) throw this.damage(first, 'does not exist, but is referred to')
    if (first + count > this.pageCount) {
      throw this.damage(Math.max(first, this.pageCount), 'is missing')
    }
    for (let page = first; page < first + count; page++) this.#mark(page)
  }

  /**
   * Notes that a page is free: nothing refers to it, and it may lie beyond the end of the file.
   *
   * @throws `SLUICE_CORRUPT` when it does not exist, is in use, or was free already
   */
  free(page: number): void {
    if (page < FIRST_PAGE || page > this.#lastPage) {
      throw this.damage(page, 'does not exist, but is said to be free')
    }
    if (page < this.pageCount) this.#mark(page)
    else if (this.#beyond.has(page)) throw this.damage(page, 'is free twice')
    else this.#beyond.add(page)
  }

  /**
   * Call at last: the file may be shorter than its meta page says only by pages that are free.
   *
   * @throws `SLUICE_CORRUPT` when it is shorter than that
   */
  assertLength(): void {
    if (this.pageCount + this.#beyond.size > this.#lastPage) return
    throw this.damage(this.pageCount, `is missing; the last one is ${this.#lastPage}`)
  }

  /**
   * Reads the starts of items, in the order of their pages.
   *
   * @param items - what to read; sorted in place
   * @param byteLength - bytes of each that matter; may go beyond its first page
   * @returns the bytes, valid until the next item, and the item
   */
  async *read<T extends PageRun>(
    items: T[],
    byteLength: (item: T) => number,
  ): AsyncGenerator<readonly [Buffer, T]> {
    items.sort((a, b) => a.page - b.page)
    let buffer = Buffer.alloc(0)
    let start = 0
    for (let i = 0; i < items.length; ) {
      const { end, next } = this.#stretch(items, i, byteLength)
      start = items[i]!.page * this.pageBytes
      if (buffer.length < end - start) buffer = Buffer.alloc(Math.max(READ_BYTES, end - start))
      const { bytesRead } = await this.#handle.read(buffer, 0, end - start, start)
      if (bytesRead < end - start) throw this.damage(items[i]!.page, 'cannot be read whole')
      for (; i < next; i++) {
        const item = items[i]!
        const at = item.page * this.pageBytes - start
        yield [buffer.subarray(at, at + byteLength(item)), item]
      }
    }
  }

  /** How far one reading goes from item `first` on. */
  #stretch<T extends PageRun>(
    items: readonly T[],
    first: number,
    byteLength: (item: T) => number,
  ): { readonly end: number; readonly next: number } {
    const start = items[first]!.page * this.pageBytes
    let end = start + byteLength(items[first]!)
    let next = first + 1
    for (; next < items.length; next++) {
      const item = items[next]!
      const at = item.page * this.pageBytes
      const itemEnd = at + byteLength(item)
      if (at - end > GAP_BYTES || itemEnd - start > READ_BYTES) break
      end = itemEnd
    }
    return { end, next }
  }

  #mark(page: number): void {
    const word = page >>> 5
    const bit = 1 << (page & 31)
    const used = this.#used[word]!
    if ((used & bit) !== 0) throw this.damage(page, 'is used twice')
    this.#used[word] = used | bit
  }
}
