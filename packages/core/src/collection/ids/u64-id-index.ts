/**
 * The id index of a collection whose ids are unsigned 64-bit numbers: a hash table, and the id of
 * every row as two words. At most 24 bytes per row from 100,000 rows up.
 */

import type { Allocator } from '../../contract/index.js'
import type { U64IdBatch } from '../../id-batch.js'
import { HashedIdIndex } from './hashed-id-index.js'
import { COLUMN_BYTES_MAX } from './id-column.js'
import { U64RowKeys } from './u64-row-keys.js'

/**
 * An index of u64 ids.
 *
 * @internal
 */
export class U64IdIndex extends HashedIdIndex<U64IdBatch> {
  readonly kind = 'u64'
  readonly #keys: U64RowKeys

  /** @param seed - an unpredictable u32, against ids chosen to collide */
  constructor(allocator: Allocator, seed: number) {
    const keys = new U64RowKeys(allocator, seed)
    super(allocator, keys)
    this.#keys = keys
  }

  /** See {@link IdIndex.idAt}. */
  idAt(row: number): bigint {
    return this.#keys.idAt(row)
  }

  /** See {@link IdIndex.readIds}. */
  readIds(fromRow: number, toRow: number): U64IdBatch {
    const count = Math.min(toRow - fromRow, COLUMN_BYTES_MAX / 8)
    const words = new Uint32Array(2 * count)
    this.#keys.readRange(fromRow, words)
    return { kind: 'u64', count, words }
  }

  /** See {@link IdIndex.idsAt}. */
  idsAt(rows: Uint32Array, count: number): BigUint64Array {
    const ids = new BigUint64Array(count)
    this.#keys.readIds(rows, new Uint32Array(ids.buffer))
    return ids
  }
}
