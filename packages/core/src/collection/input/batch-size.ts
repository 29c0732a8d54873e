/** How large a batch is, and whether that is too much. */

import { InvalidArgumentError } from '../../errors.js'
import type { AssignedIdBatch, IdBatch } from '../../id-batch.js'
import type { PackedBytes } from '../../packed-bytes.js'

/**
 * What a write costs beside its bytes: promises, closures, its place in queues (measured: about
 * 2 KiB of heap). Counted, so that the bound of the queue holds for many small writes, too.
 *
 * @internal
 */
export const WRITE_OVERHEAD_BYTES = 2048

/**
 * What a write keeps of each id until it is acknowledged: the row that the id named before.
 *
 * @internal
 */
export const PREVIOUS_BYTES = 4

/**
 * Checks a number against a bound.
 *
 * @throws InvalidArgumentError `SLUICE_LIMIT_EXCEEDED`
 * @internal
 */
export function checkLimit(what: string, actual: number, max: number): void {
  if (actual <= max) return
  throw new InvalidArgumentError('SLUICE_LIMIT_EXCEEDED', `${what}: ${actual}, at most ${max}`, {
    details: { what, actual, max },
  })
}

/**
 * Bytes that ids take in a record; assigned ids take none.
 *
 * @internal
 */
export function idBytesOf(ids: Exclude<IdBatch, AssignedIdBatch> | undefined): number {
  return ids?.kind === 'u64' ? ids.words.byteLength : packedLength(ids)
}

/**
 * Bytes that packed byte strings take in a record.
 *
 * @internal
 */
export function packedLength(packed: PackedBytes | undefined): number {
  return packed ? packed.bytes.byteLength + packed.ends.byteLength : 0
}
