/** What it takes to inject a fault into a soak. */

import type { Collection, KernelProvider, WalFactory } from '@sluice/core'
import type { Cause } from '../causes.js'
import type { FaultSchedule } from './fault-schedule.js'

/**
 * A fault. Whatever of it is left out is as in any soak.
 *
 * @internal
 */
export interface Injection {
  /** What windows that it slows down are to be named after. */
  readonly cause: Cause
  /** Gives a log that fails. */
  readonly wal?: (wal: WalFactory, schedule: FaultSchedule) => WalFactory
  /** Gives kernels that fail. */
  readonly kernels?: (schedule: FaultSchedule) => KernelProvider
  /** Injects until the signal fires. */
  readonly run?: (
    schedule: FaultSchedule,
    collection: Collection,
    signal: AbortSignal,
  ) => Promise<void>
}
