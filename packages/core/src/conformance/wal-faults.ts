/**
 * A log that fails on command, around any other: for testing what a database does with a log that
 * fails. It keeps the rules of the seam: after a fault it refuses writes, and with an empty plan it
 * passes the suite.
 */

import type { WalBackend, WalFactory } from '../contract/wal-backend.js'
import { FaultyLog } from './faulty-log.js'
import type { WalFault } from './wal-fault.js'

/**
 * Wraps a log so that chosen appends fail.
 *
 * @param factory - the log that really keeps the records
 * @param plan - which appends fail, and how; an append not named is passed on
 * @returns a factory with the same name
 * @public
 */
export function faultyWal(factory: WalFactory, plan: readonly WalFault[]): WalFactory {
  let appendCount = 0
  const nextFault = (): WalFault | undefined => {
    appendCount += 1
    return plan.find(({ append }) => append === appendCount)
  }
  return {
    name: factory.name,
    async open(context): Promise<WalBackend> {
      return new FaultyLog(await factory.open(context), nextFault)
    },
  }
}
