/** All faults that can be injected, by name. */

import { collectGarbageOften } from './collect-garbage-often.js'
import { holdAppends } from './hold-appends.js'
import { holdBuilds } from './hold-builds.js'
import { holdSyncs } from './hold-syncs.js'
import type { Injection } from './injection.js'
import { touchMemoryOften } from './touch-memory-often.js'

/**
 * The faults that a soak can be told to suffer: `none`; garbage collections; slow syncs of
 * segments; slow appends to the log; builds of an index on the event loop; page faults.
 *
 * @internal
 */
export const FAULT_NAMES = ['none', 'gc', 'sync', 'log', 'index', 'faults'] as const

/**
 * The name of a fault.
 *
 * @internal
 */
export type FaultName = (typeof FAULT_NAMES)[number]

/**
 * The faults.
 *
 * @internal
 */
export const INJECTIONS: Readonly<Record<Exclude<FaultName, 'none'>, Injection>> = {
  gc: collectGarbageOften,
  sync: holdSyncs,
  log: holdAppends,
  index: holdBuilds,
  faults: touchMemoryOften,
}
