/** Injects a log that takes its time: an append that begins during a fault waits for its end. */

import type { WalBackend, WalFactory } from '@sluice/core'
import type { FaultSchedule } from './fault-schedule.js'
import type { Injection } from './injection.js'

/**
 * The fault.
 *
 * @internal
 */
export const holdAppends: Injection = { cause: 'log-append', wal: holdingWal }

function holdingWal(wal: WalFactory, schedule: FaultSchedule): WalFactory {
  return {
    name: wal.name,
    open: async (context) => holding(await wal.open(context), schedule),
  }
}

/** Appends keep their order: all that wait go on in the order in which they came. */
function holding(log: WalBackend, schedule: FaultSchedule): WalBackend {
  let turn: Promise<unknown> = Promise.resolve()
  return {
    capabilities: log.capabilities,
    append(records, options) {
      const appended = turn.then(() => schedule.whenOver()).then(() => log.append(records, options))
      turn = appended.catch(() => undefined)
      return appended
    },
    read: (fromLsn) => log.read(fromLsn),
    truncateBefore: (lsn) => log.truncateBefore(lsn),
    truncateAfter: (lsn) => log.truncateAfter(lsn),
    stats: () => log.stats(),
    async close() {
      await turn
      await log.close()
    },
  }
}
