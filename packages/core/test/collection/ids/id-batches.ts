/** Batches of ids for tests. */

import { parseIds } from '../../../src/collection/ids/id-input.js'
import type { AssignedIdBatch, IdBatch, StringIdBatch, U64IdBatch } from '../../../src/id-batch.js'

export function u64Batch(ids: readonly bigint[]): U64IdBatch {
  const words = new Uint32Array(BigUint64Array.from(ids).buffer)
  return { kind: 'u64', count: ids.length, words }
}

export function stringBatch(ids: readonly string[]): StringIdBatch {
  if (ids.length === 0) {
    return { kind: 'string', count: 0, bytes: new Uint8Array(0), ends: new Uint32Array(0) }
  }
  const batch = parseIds(ids, ids.length)
  if (batch.kind !== 'string') throw new Error('no string ids')
  return batch
}

export function assignedBatch(first: number, count: number): AssignedIdBatch {
  return { kind: 'assigned', count, first }
}

/** The values of `find`. */
export function findAll(
  index: { find(ids: IdBatch, out: Uint32Array): void },
  ids: IdBatch,
): number[] {
  const out = new Uint32Array(ids.count)
  index.find(ids, out)
  return [...out]
}
