/** What the tests of the log suite compare. */

import assert from 'node:assert/strict'
import type { WalBackend, WalRecord } from '../contract/wal-backend.js'

/**
 * What refusing a bad argument looks like.
 *
 * @internal
 */
export const invalid: { readonly code: string } = { code: 'SLUICE_INVALID_ARGUMENT' }
/**
 * What refusing a closed log looks like.
 *
 * @internal
 */
export const closed: { readonly code: string } = { code: 'SLUICE_CLOSED' }

/**
 * The result of an append.
 *
 * @internal
 */
export function covering(firstLsn: bigint, lastLsn: bigint): { firstLsn: bigint; lastLsn: bigint } {
  return { firstLsn, lastLsn }
}

/**
 * First and last LSN by the statistics.
 *
 * @internal
 */
export function range(log: WalBackend): [bigint, bigint] {
  const { firstLsn, lastLsn } = log.stats()
  return [firstLsn, lastLsn]
}

/**
 * Compares records byte by byte, whatever class of array they come in.
 *
 * @param rule - of the contract, for the message
 * @internal
 */
export function assertSame(
  actual: readonly WalRecord[],
  expected: readonly WalRecord[],
  rule = '`read` must yield what was appended and not forgotten, in order',
): void {
  const lsnsOf = (records: readonly WalRecord[]): string => records.map(({ lsn }) => lsn).join()
  assert.equal(lsnsOf(actual), lsnsOf(expected), `${rule}: these are other records`)
  for (const [i, { lsn, bytes }] of expected.entries()) {
    const isSame = Buffer.compare(bytes, actual[i]!.bytes) === 0
    assert.ok(isSame, `${rule}: record ${lsn} has other bytes`)
  }
}
