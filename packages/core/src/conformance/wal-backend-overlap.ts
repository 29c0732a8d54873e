/**
 * Operations of the log model that overlap: called one after the other without waiting, and awaited
 * together. Appends and truncations count in the order of their calls. A reading sees no record
 * from before its start or after its end, in order and without gaps; it may leave out, from its
 * beginning, what was forgotten while it went on.
 */

import assert from 'node:assert/strict'
import type fc from 'fast-check'
import type { Durability } from '../contract/durability.js'
import type { WalBackend, WalRecord } from '../contract/wal-backend.js'
import { assertSame, covering } from './wal-checks.js'
import { collect, testRecord } from './wal-records.js'

/**
 * A log, and what should be in it.
 *
 * @internal
 */
export interface LogModel {
  log: WalBackend
  firstLsn: bigint
  records: WalRecord[]
  /** Changes with every operation, so that records given the same number differ. */
  salt: number
}

/**
 * One call.
 *
 * @internal
 */
export type OverlappingCall =
  | { readonly type: 'append'; readonly sizes: readonly number[]; readonly durability: Durability }
  | { readonly type: 'truncateBefore'; readonly at: number }
  | { readonly type: 'read'; readonly at: number }

/**
 * Any number of calls.
 *
 * @internal
 */
export function overlappingCalls(check: typeof fc): fc.Arbitrary<OverlappingCall[]> {
  const at = check.double({ min: 0, max: 1, noNaN: true })
  const append = check.record({
    type: check.constant('append' as const),
    sizes: check.array(check.integer({ min: 0, max: 1000 }), { maxLength: 4 }),
    durability: check.constantFrom<Durability>('memory', 'os', 'disk'),
  })
  const truncate = check.record({ type: check.constant('truncateBefore' as const), at })
  const read = check.record({ type: check.constant('read' as const), at })
  return check.array(check.oneof(append, truncate, read), { maxLength: 12 })
}

/**
 * Makes the calls, and keeps the model up with them.
 *
 * @returns resolves when all of them have settled as they should
 * @internal
 */
export async function overlap(model: LogModel, calls: readonly OverlappingCall[]): Promise<void> {
  const settled: Promise<void>[] = []
  for (const call of calls) settled.push(begin(model, call))
  await Promise.all(settled)
}

/**
 * A place between records: 0 before the first, `records.length` after the last.
 *
 * @internal
 */
export function indexAt({ records }: LogModel, at: number): number {
  return Math.round(at * records.length)
}

function begin(model: LogModel, call: OverlappingCall): Promise<void> {
  const { log, firstLsn, records } = model
  const nextLsn = firstLsn + BigInt(records.length)
  switch (call.type) {
    case 'append': {
      const { salt } = model
      const added = call.sizes.map((payloadBytes, i) =>
        testRecord(nextLsn + BigInt(i), { payloadBytes, salt }),
      )
      records.push(...added)
      const expected = covering(nextLsn, nextLsn + BigInt(added.length) - 1n)
      const result = log.append(added, { durability: call.durability })
      return result.then((range) => assert.deepEqual(range, expected))
    }
    case 'truncateBefore': {
      const index = indexAt(model, call.at)
      model.firstLsn += BigInt(index)
      records.splice(0, index)
      return log.truncateBefore(model.firstLsn)
    }
    case 'read': {
      const visible = records.slice(indexAt(model, call.at))
      const reading = collect(log, visible[0]?.lsn ?? nextLsn)
      return reading.then((found) => assertRead(model, found, visible))
    }
  }
}

/** What was read is an end of what was visible, short of nothing but what is forgotten by now. */
function assertRead(
  model: LogModel,
  found: readonly WalRecord[],
  visible: readonly WalRecord[],
): void {
  const held = visible.filter(({ lsn }) => lsn >= model.firstLsn)
  assert.ok(found.length >= held.length, `${held.length - found.length} records were not read`)
  assertSame(found, visible.slice(visible.length - found.length))
}
