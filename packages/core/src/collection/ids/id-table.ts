/**
 * The hash table under the id indexes: from the hash of an id, the tag, to a value. Ids are not
 * stored in it: when a tag matches, the owner compares with the id that it recorded for the row.
 * It is extendible (Fagin and others, 1979): a directory, by the highest bits of the tag, leads to
 * sub-tables. A full sub-table is replaced by one 1.4 times as large or, from 112 KiB, by two
 * halves with as much room together; so no insert waits for more than that, and the load stays
 * between 0.56 and 0.8: at most 14.3 bytes per entry.
 */

import type { Allocator } from '../../contract/index.js'
import { NO_ROW, type PutRows } from './id-index.js'
import type { RowKeys } from './row-keys.js'
import { keyOf, SubTable, type SubTableOptions } from './sub-table.js'

const FIRST_BYTES = 2560
/** Sub-tables of this size split in two of 80 KiB instead of growing. */
const SPLIT_BYTES = 112 * 1024
const HALF_BYTES = 80 * 1024
/** Beyond 2^14 sub-tables they only grow: 18 bits of the tag are left to choose a slot. */
const DEPTH_MAX = 14
/** Ids whose slots are read ahead: enough to overlap cache misses, few enough to stay cached. */
const BLOCK_IDS = 64
/** Smaller tables are in the cache anyway. */
const WARM_ENTRIES = 1 << 15
const ROW_MASK = 0x7fffffff

/**
 * A map from ids to values (see id-index.ts), one id of a batch at a time.
 *
 * @internal
 */
export class IdTable<B> {
  readonly #allocator: Allocator
  readonly #keys: RowKeys<B>
  /** Sub-tables by the `#bits` highest bits of the tag; one may stand at several places. */
  #directory: SubTable[] = []
  #bits = 1
  #entryCount = 0
  #byteLength = 0
  readonly #tags = new Int32Array(BLOCK_IDS)
  /** Where `#warm` leaves what it read, which keeps the compiler from not reading it. */
  readonly #heads = new Int32Array(BLOCK_IDS)

  constructor(allocator: Allocator, keys: RowKeys<B>) {
    this.#allocator = allocator
    this.#keys = keys
  }

  /** Entries in it. */
  get entryCount(): number {
    return this.#entryCount
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** Looks ids `from` to `to - 1` up: `out[i]` becomes the value of id i. */
  getRange(ids: B, from: number, to: number, out: Uint32Array): void {
    for (let start = from; start < to; start += BLOCK_IDS) {
      const end = Math.min(to, start + BLOCK_IDS)
      this.#warm(ids, start, end)
      for (let i = start; i < end; i++) out[i] = this.#get(this.#tags[i - start]!, ids, i)
    }
  }

  /**
   * Points ids `from` to `to - 1` to rows `rowBase + i`; `previous[i]` becomes the value before.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; nothing has changed then
   */
  setRange(ids: B, from: number, to: number, { rowBase, previous }: PutRows): void {
    let i = from
    try {
      while (i < to) {
        const start = i
        const end = Math.min(to, start + BLOCK_IDS)
        this.#warm(ids, start, end)
        for (; i < end; i++) previous[i] = this.#set(this.#tags[i - start]!, ids, i, rowBase + i)
      }
    } catch (error) {
      while (--i >= from) this.restore(ids, i, previous[i]!)
      throw error
    }
  }

  /** The value of an id, or NO_ROW. */
  get(ids: B, index: number): number {
    return this.#get(this.#keys.hashOf(ids, index), ids, index)
  }

  /**
   * Sets the value of an id, whose row must have its id recorded. Returns the value before.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; nothing has changed then
   */
  set(ids: B, index: number, value: number): number {
    return this.#set(this.#keys.hashOf(ids, index), ids, index, value)
  }

  /** Gives an id the value back that it had before a change: a value, or none at all. */
  restore(ids: B, index: number, previous: number): void {
    if (previous === NO_ROW) this.remove(ids, index)
    else this.set(ids, index, previous)
  }

  /** Removes an id, if it is there. */
  remove(ids: B, index: number): void {
    if (this.#entryCount === 0) return
    const tag = this.#keys.hashOf(ids, index)
    const table = this.#tableOf(tag)
    const at = this.#locate(table, keyOf(tag), ids, index)
    if (at < 0) return
    table.removeAt(at)
    this.#entryCount -= 1
  }

  /** Removes the entry of an id with this value, if it is there. Compares no ids. */
  removeValue(ids: B, index: number, value: number): void {
    this.#removeValue(this.#keys.hashOf(ids, index), value)
  }

  /** Removes the entries of all ids of a batch that have the value `rowBase + i`. */
  removeRows(ids: B & { readonly count: number }, rowBase: number): void {
    for (let start = 0; start < ids.count; start += BLOCK_IDS) {
      const end = Math.min(ids.count, start + BLOCK_IDS)
      this.#warm(ids, start, end)
      for (let i = start; i < end; i++) this.#removeValue(this.#tags[i - start]!, rowBase + i)
    }
  }

  /** Mean and largest distance of entries from their home slot: how well the hash spreads. */
  probeDistances(): { readonly mean: number; readonly max: number } {
    let sum = 0
    let max = 0
    for (const table of new Set(this.#directory)) {
      const { slots } = table
      for (let at = 0; at < slots.length; at += 2) {
        if (slots[at + 1] === 0) continue
        const distance = (at - table.home(slots[at]!)) / 2
        sum += distance
        max = Math.max(max, distance)
      }
    }
    return { mean: this.#entryCount === 0 ? 0 : sum / this.#entryCount, max }
  }

  /** Gives all memory back; the table is empty afterwards. */
  release(): void {
    for (const table of new Set(this.#directory)) table.release()
    this.#directory = []
    this.#bits = 1
    this.#entryCount = 0
    this.#byteLength = 0
  }

  /**
   * Computes the tags of ids, and reads their home slots so that the operations on them that
   * follow find them in the cache: these loads do not wait for each other, as a search's do.
   */
  #warm(ids: B, from: number, to: number): void {
    const tags = this.#tags
    for (let i = from; i < to; i++) tags[i - from] = this.#keys.hashOf(ids, i)
    if (this.#entryCount < WARM_ENTRIES) return
    for (let i = 0; i < to - from; i++) {
      const tag = tags[i]!
      const table = this.#tableOf(tag)
      this.#heads[i] = table.slots[table.home(keyOf(tag))]!
    }
  }

  #get(tag: number, ids: B, index: number): number {
    if (this.#entryCount === 0) return NO_ROW
    const table = this.#tableOf(tag)
    const at = this.#locate(table, keyOf(tag), ids, index)
    return at < 0 ? NO_ROW : ~table.slots[at + 1]! >>> 0
  }

  #set(tag: number, ids: B, index: number, value: number): number {
    if (this.#directory.length === 0) this.#start()
    const key = keyOf(tag)
    const table = this.#tableOf(tag)
    const at = this.#locate(table, key, ids, index)
    if (at >= 0) {
      const { slots } = table
      const previous = ~slots[at + 1]! >>> 0
      slots[at + 1] = ~value
      return previous
    }
    if (table.isFull) this.#insertGrowing(table, tag, ~value)
    else table.insertAt(~at, key, ~value)
    this.#entryCount += 1
    return NO_ROW
  }

  #removeValue(tag: number, value: number): void {
    if (this.#entryCount === 0) return
    const table = this.#tableOf(tag)
    const key = keyOf(tag)
    const { slots } = table
    let at = table.seek(key)
    while (slots[at] === key && slots[at + 1] !== 0 && slots[at + 1] !== ~value) at += 2
    if (slots[at] !== key || slots[at + 1] !== ~value) return
    table.removeAt(at)
    this.#entryCount -= 1
  }

  #tableOf(tag: number): SubTable {
    return this.#directory[tag >>> (32 - this.#bits)]!
  }

  /** Index into the slots of an id's entry, or the complement of where to insert it. */
  #locate(table: SubTable, key: number, ids: B, index: number): number {
    const { slots } = table
    let at = table.seek(key)
    for (; slots[at] === key && slots[at + 1] !== 0; at += 2) {
      if (this.#keys.matches(~slots[at + 1]! & ROW_MASK, ids, index)) return at
    }
    return ~at
  }

  #start(): void {
    const lower = this.#newTable({ byteLength: FIRST_BYTES, depth: 1, prefix: 0 })
    try {
      const upper = this.#newTable({ byteLength: FIRST_BYTES, depth: 1, prefix: 1 << 31 })
      this.#directory = [lower, upper]
    } catch (error) {
      this.#release(lower)
      throw error
    }
  }

  #newTable(options: SubTableOptions): SubTable {
    const table = new SubTable(this.#allocator, options)
    this.#byteLength += table.byteLength
    return table
  }

  #release(table: SubTable): void {
    this.#byteLength -= table.byteLength
    table.release()
  }

  #insertGrowing(full: SubTable, tag: number, complement: number): void {
    const key = keyOf(tag)
    let table = full
    do {
      this.#grow(table)
      table = this.#tableOf(tag)
    } while (table.isFull)
    table.insertAt(table.seek(key), key, complement)
  }

  /** Replaces a sub-table by a larger one, or by two. */
  #grow(table: SubTable): void {
    const { depth, prefix, byteLength, slots } = table
    if (depth < DEPTH_MAX && byteLength >= SPLIT_BYTES) {
      const upperPrefix = prefix | (1 << (31 - depth))
      const middle = table.seek(keyOf(upperPrefix))
      const half = { byteLength: HALF_BYTES, depth: depth + 1 }
      const lower = this.#copyRange(table, { ...half, prefix }, 0, middle)
      try {
        this.#enter(this.#copyRange(table, { ...half, prefix: upperPrefix }, middle, slots.length))
      } catch (error) {
        this.#release(lower)
        throw error
      }
      this.#enter(lower)
    } else {
      const larger = { byteLength: nextSize(byteLength), depth, prefix }
      this.#enter(this.#copyRange(table, larger, 0, slots.length))
    }
    this.#release(table)
  }

  /** A new sub-table with the entries in a range of another, larger than asked for if need be. */
  #copyRange(table: SubTable, options: SubTableOptions, from: number, to: number): SubTable {
    const copy = this.#newTable(options)
    if (copy.addRange(table, from, to)) return copy
    this.#release(copy)
    const byteLength = nextSize(options.byteLength)
    return this.#copyRange(table, { ...options, byteLength }, from, to)
  }

  /** Lets the directory lead to a sub-table for all tags that it is for. */
  #enter(table: SubTable): void {
    if (table.depth > this.#bits) {
      this.#directory = this.#directory.flatMap((entry) => [entry, entry])
      this.#bits += 1
    }
    const first = table.prefix >>> (32 - this.#bits)
    this.#directory.fill(table, first, first + (1 << (this.#bits - table.depth)))
  }
}

/** Sizes go 2.5, 3.5, 5, 7, 10, … KiB, 1.4 times each: classes in which slab allocators lend. */
function nextSize(byteLength: number): number {
  return byteLength % 7 === 0 ? (byteLength / 7) * 10 : (byteLength / 5) * 7
}
