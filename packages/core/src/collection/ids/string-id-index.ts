/**
 * The id index of a collection whose ids are strings: a hash table, and the UTF-8 bytes of every
 * row's id in an arena.
 */

import type { Allocator } from '../../contract/index.js'
import type { StringIdBatch } from '../../id-batch.js'
import { type PackedBytes, packedStart } from '../../packed-bytes.js'
import { RowBytes } from '../rows/row-bytes.js'
import { HashedIdIndex, type RecordedKeys } from './hashed-id-index.js'
import { COLUMN_BYTES_MAX, PACKED_ROWS_MAX } from './id-column.js'
import { type HashKey, hashBytes, hashKeyOf } from './id-hash.js'

/** The bytes of the ids of rows. */
class StringRowKeys implements RecordedKeys<StringIdBatch> {
  readonly #hashKey: HashKey
  readonly #bytes: RowBytes

  constructor(allocator: Allocator, seed: number) {
    this.#hashKey = hashKeyOf(seed)
    this.#bytes = new RowBytes(allocator)
  }

  get byteLength(): number {
    return this.#bytes.byteLength
  }

  hashOf(ids: StringIdBatch, index: number): number {
    return hashBytes(ids.bytes, packedStart(ids, index), ids.ends[index]!, this.#hashKey)
  }

  matches(row: number, ids: StringIdBatch, index: number): boolean {
    return this.#bytes.equals(row, ids.bytes, packedStart(ids, index), ids.ends[index]!)
  }

  record(ids: StringIdBatch, from: number, to: number, rowBase: number): void {
    this.#bytes.setPacked(rowBase, ids, from, to)
  }

  idAt(row: number): string {
    const bytes = this.#bytes.get(row)
    if (bytes === undefined) return ''
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  }

  pack(fromRow: number, toRow: number, byteLengthMax: number): PackedBytes {
    return this.#bytes.pack(fromRow, toRow, byteLengthMax)
  }

  rewind(fromRow: number, toRow: number): void {
    this.#bytes.rewind(fromRow, toRow)
  }

  forget(fromRow: number, toRow: number): void {
    this.#bytes.forget(fromRow, toRow)
  }

  release(): void {
    this.#bytes.release()
  }
}

/**
 * An index of string ids.
 *
 * @internal
 */
export class StringIdIndex extends HashedIdIndex<StringIdBatch> {
  readonly kind = 'string'
  readonly #keys: StringRowKeys

  /** @param seed - an unpredictable u32, against ids chosen to collide */
  constructor(allocator: Allocator, seed: number) {
    const keys = new StringRowKeys(allocator, seed)
    super(allocator, keys)
    this.#keys = keys
  }

  /** See {@link IdIndex.idAt}; the empty string where no id is recorded. */
  idAt(row: number): string {
    return this.#keys.idAt(row)
  }

  /** See {@link IdIndex.readIds}. */
  readIds(fromRow: number, toRow: number): StringIdBatch {
    const to = Math.min(toRow, fromRow + PACKED_ROWS_MAX)
    const packed = this.#keys.pack(fromRow, to, COLUMN_BYTES_MAX)
    return { kind: 'string', count: packed.ends.length, ...packed }
  }

  /** See {@link IdIndex.idsAt}. */
  idsAt(rows: Uint32Array, count: number): string[] {
    return Array.from(rows.subarray(0, count), (row) => this.#keys.idAt(row))
  }
}
