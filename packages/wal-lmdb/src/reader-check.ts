/**
 * Slots of readers that died keep LMDB from re-using pages: the file grew from 21 to 452 MB until
 * they were cleared. So they are cleared at opening and every now and then.
 */

import type { Warn } from '@sluice/core'
import type { LogDatabase } from './environment.js'

const INTERVAL_MS = 60_000

/**
 * Clears the slots of dead readers, now and once a minute.
 *
 * @param warn - told when that fails; the log itself is not affected
 * @returns ends it
 * @internal
 */
export function startReaderCheck(database: LogDatabase, warn: Warn): () => void {
  const check = (): void => {
    try {
      database.readerCheck()
    } catch (cause) {
      const message = 'Clearing dead readers of the log failed'
      warn({ code: 'SLUICE_WARN_LOG', message, details: { cause } })
    }
  }
  check()
  // A timer alone must not keep the process alive.
  const timer = setInterval(check, INTERVAL_MS).unref()
  return () => clearInterval(timer)
}
