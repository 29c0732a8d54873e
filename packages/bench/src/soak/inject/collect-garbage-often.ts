/** Injects garbage collections: many objects alive, and garbage collected all the time. */

import { performance } from 'node:perf_hooks'
import { garbageCollector } from '../../probe/memory.js'
import type { Injection } from './injection.js'

const OBJECTS_ALIVE = 200_000
const OBJECTS_DEAD = 20_000
/** How long the event loop is held at once. */
const TURN_MS = 50

/**
 * The fault.
 *
 * @internal
 */
export const collectGarbageOften: Injection = {
  cause: 'gc',
  async run(schedule, _, signal) {
    const collect = garbageCollector()
    const alive = makeObjects(OBJECTS_ALIVE)
    await schedule.during((endMs) => {
      const untilMs = Math.min(endMs, performance.now() + TURN_MS)
      while (performance.now() < untilMs) {
        alive[0] = makeObjects(OBJECTS_DEAD)
        collect()
      }
    }, signal)
  },
}

function makeObjects(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => ({ index, next: [index] }))
}
