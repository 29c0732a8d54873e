/**
 * One open-addressed piece of an id table: an ordered hash table (Amble and Knuth, 1974) with
 * linear probing. A slot is 8 bytes: a key (hash bits) and the complement of a value, so that
 * zeroed memory is an empty table. Keys fall from slot to slot, and their home slots rise:
 * a search for an absent id ends at the first smaller key, most often at once, and copying into
 * another table is one pass over both. There is no wrap-around; the slots past the last home are
 * room for entries that were pushed on. Invariants: between an entry and its home no slot is
 * empty; the last slot is. Knows no ids.
 */

import type { Allocator, Lease } from '../../contract/index.js'

const SLOT_BYTES = 8
const LOAD_MAX = 0.8
/** At this load the chance that more than n entries are pushed past a point is about 2^(-0.6 n). */
const SPARE_SLOTS_MIN = 16

/**
 * Which tags a sub-table is for, and its size.
 *
 * @internal
 */
export interface SubTableOptions {
  readonly byteLength: number
  /** How many of the highest bits its tags share: at least 1. */
  readonly depth: number
  /** A tag with these bits, and zeros below. */
  readonly prefix: number
}

/**
 * The key of a tag: 31 bits, because the highest one is the same in the whole sub-table, and
 * complemented, because they fall.
 *
 * @internal
 */
export function keyOf(tag: number): number {
  return ~tag & 0x7fffffff
}

/**
 * A hash table of a part of all tags.
 *
 * @internal
 */
export class SubTable {
  /** Key of slot s at `2 s`, complement of its value at `2 s + 1`; both 0 when it is empty. */
  readonly slots: Int32Array
  readonly depth: number
  readonly prefix: number
  /** Entries in it. */
  entryCount = 0
  #entryCountMax: number
  readonly #scale: number
  readonly #lease: Lease

  /** @throws `SLUICE_LIMIT_EXCEEDED` from the allocator */
  constructor(allocator: Allocator, options: SubTableOptions) {
    const { byteLength } = options
    this.#lease = allocator.allocate(byteLength, { zero: true })
    const { bytes } = this.#lease
    const capacity = byteLength / SLOT_BYTES
    this.slots = new Int32Array(bytes.buffer, bytes.byteOffset, 2 * capacity)
    this.depth = options.depth
    this.prefix = options.prefix
    this.#entryCountMax = Math.floor(capacity * LOAD_MAX)
    const spareSlots = SPARE_SLOTS_MIN + (capacity >>> 6)
    this.#scale = (capacity - spareSlots) * 2 ** -32
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#lease.byteLength
  }

  /** Whether nothing may be inserted any more. */
  get isFull(): boolean {
    return this.entryCount >= this.#entryCountMax
  }

  /** Where the search for a key starts: an index into `slots`. */
  home(key: number): number {
    return (((~key << this.depth) >>> 0) * this.#scale) << 1
  }

  /** Index into `slots` of the first entry with this key, or of where it would be inserted. */
  seek(key: number): number {
    const { slots } = this
    let at = this.home(key)
    while (slots[at]! > key) at += 2
    return at
  }

  /** Inserts at an index that `seek` gave, or that is past entries with the same key. */
  insertAt(index: number, key: number, complement: number): void {
    const { slots } = this
    let at = index
    let keyBefore = key
    let complementBefore = complement
    while (slots[at + 1] !== 0) {
      const keyHere = slots[at]!
      const complementHere = slots[at + 1]!
      slots[at] = keyBefore
      slots[at + 1] = complementBefore
      keyBefore = keyHere
      complementBefore = complementHere
      at += 2
    }
    slots[at] = keyBefore
    slots[at + 1] = complementBefore
    this.entryCount += 1
    if (at >= slots.length - 4) this.#entryCountMax = 0
  }

  /**
   * Adds the entries that lie in a range of another table, all of which belong into this one,
   * which must be empty.
   *
   * @returns whether there was room
   */
  addRange(other: SubTable, from: number, to: number): boolean {
    const { slots } = this
    const source = other.slots
    const end = slots.length - 4
    let free = 0
    let added = 0
    for (let index = from; index < to; index += 2) {
      const complement = source[index + 1]!
      const key = source[index]!
      // Without branches, which nobody could predict: `isEntry` is -1 or, for an empty slot, 0,
      // whose key 0 only writes a zero to the last home, where nothing is yet.
      const isEntry = (complement | -complement) >> 31
      const ahead = this.home(key) - free
      const at = free + (ahead & ~(ahead >> 31))
      if (at >= end) return false
      slots[at] = key
      slots[at + 1] = complement
      free += (at + 2 - free) & isEntry
      added -= isEntry
    }
    this.entryCount = added
    return true
  }

  /** Removes the entry at an index into `slots`, and moves entries that were pushed on back. */
  removeAt(index: number): void {
    const { slots } = this
    let gap = index
    for (let next = gap + 2; slots[next + 1] !== 0; next += 2) {
      const key = slots[next]!
      if (this.home(key) === next) break
      slots[gap] = key
      slots[gap + 1] = slots[next + 1]!
      gap = next
    }
    slots[gap] = 0
    slots[gap + 1] = 0
    this.entryCount -= 1
  }

  /** Gives the memory back. */
  release(): void {
    this.#lease.release()
  }
}
