/**
 * Injects builds of an index that hold the event loop: the kernels are not shared with threads, so
 * that lists are made on the event loop, and those that only builds call take their time.
 */

import { performance } from 'node:perf_hooks'
import { type Collection, type KernelProvider, scalarKernels } from '@sluice/core'
import { availableKernels } from '../../kernels/instruction-sets.js'
import type { FaultSchedule } from './fault-schedule.js'
import type { Injection } from './injection.js'

/** How long a call takes during a fault: so long that no build comes to its end. */
const CALL_MS = 50

/**
 * The fault.
 *
 * @internal
 */
export const holdBuilds: Injection = {
  cause: 'index',
  kernels: heldKernels,
  run: (schedule, collection, signal) =>
    schedule.during((endMs) => optimizeUntil(endMs, collection, signal), signal),
}

/** Has lists made until they are, or the fault is over. */
async function optimizeUntil(
  endMs: number,
  collection: Collection,
  signal: AbortSignal,
): Promise<void> {
  // Node.js 20 takes an `AbortSignal.timeout` that only `AbortSignal.any` refers to for garbage.
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), Math.max(1, Math.ceil(endMs - performance.now())))
  const either = AbortSignal.any([over.signal, signal])
  try {
    await collection.optimize({ signal: either })
  } catch (error) {
    if (!either.aborted) throw error
  } finally {
    clearTimeout(timer)
  }
}

/** The fastest kernels there are, with `assign` held; methods may need their own object. */
function heldKernels(schedule: FaultSchedule): KernelProvider {
  const kernels = availableKernels(() => undefined).at(-1)?.provider ?? scalarKernels
  const held: Pick<KernelProvider, 'assign'> = {
    assign(task) {
      const untilMs = performance.now() + CALL_MS
      kernels.assign(task)
      while (schedule.endMs() !== undefined && performance.now() < untilMs);
    },
  }
  const methods = new Map<PropertyKey, unknown>(Object.entries(held))
  return new Proxy(kernels, {
    get(target, key) {
      if (!methods.has(key)) {
        const value: unknown = Reflect.get(target, key, target)
        methods.set(key, typeof value === 'function' ? value.bind(target) : value)
      }
      return methods.get(key)
    },
  })
}
