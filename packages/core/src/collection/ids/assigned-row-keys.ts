/**
 * The ids of rows of a collection that assigns them: those of the runs, and those recorded for rows
 * that were written under an id that had been assigned before.
 */

import type { Allocator } from '../../contract/index.js'
import type { AssignedIdBatch, U64IdBatch } from '../../id-batch.js'
import type { AssignedRuns } from './assigned-runs.js'
import { type HashKey, hashKeyOf, hashU64 } from './id-hash.js'
import type { RowKeys } from './row-keys.js'
import { U64RowKeys } from './u64-row-keys.js'

/**
 * Batches that name rows of such a collection.
 *
 * @internal
 */
export type NumberIds = U64IdBatch | AssignedIdBatch

const TWO_32 = 2 ** 32

/**
 * Assigned ids of rows, as the hash table wants them.
 *
 * @internal
 */
export class AssignedRowKeys implements RowKeys<NumberIds> {
  readonly #hashKey: HashKey
  readonly #runs: AssignedRuns
  /** Ids of rows that no run covers. */
  readonly explicit: U64RowKeys

  /** @param seed - an unpredictable u32 */
  constructor(allocator: Allocator, runs: AssignedRuns, seed: number) {
    this.#hashKey = hashKeyOf(seed)
    this.#runs = runs
    this.explicit = new U64RowKeys(allocator, seed)
  }

  /** See {@link RowKeys.hashOf}. */
  hashOf(ids: NumberIds, index: number): number {
    const id = numberIdOf(ids, index)
    return hashU64(id >>> 0, Math.floor(id / TWO_32), this.#hashKey)
  }

  /** See {@link RowKeys.matches}. */
  matches(row: number, ids: NumberIds, index: number): boolean {
    const id = this.#runs.idOf(row) ?? this.explicit.numberAt(row)
    return id === numberIdOf(ids, index)
  }
}

/**
 * Id `index` of a batch; one above 2^53, which was never assigned, comes out inexact.
 *
 * @internal
 */
export function numberIdOf(ids: NumberIds, index: number): number {
  if (ids.kind === 'assigned') return ids.first + index
  return ids.words[2 * index + 1]! * TWO_32 + ids.words[2 * index]!
}

/**
 * Id `index` of a batch, exactly.
 *
 * @internal
 */
export function exactIdOf(ids: NumberIds, index: number): bigint {
  if (ids.kind === 'assigned') return BigInt(ids.first + index)
  return (BigInt(ids.words[2 * index + 1]!) << 32n) | BigInt(ids.words[2 * index]!)
}
