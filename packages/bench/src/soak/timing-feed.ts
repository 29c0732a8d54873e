/**
 * What the database times, one by one: how long each operation took is published at its end, on the
 * channel `sluice:timing`, to those who listen. Totals would not do: where one that took long ends
 * together with short ones, nobody can tell since when it was under way.
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import { OPERATIONS, type Operation } from './causes.js'
import type { SoakSums } from './soak-window.js'

const CHANNEL = 'sluice:timing'

/**
 * Notes the operations of all databases of this process until it is stopped.
 *
 * @param sums - takes them
 * @returns the function that stops
 * @internal
 */
export function followTimings({ busy, weighted }: Pick<SoakSums, 'busy' | 'weighted'>): () => void {
  const listener = (message: unknown): void => {
    const { name, durationMs } = message as { readonly name: string; readonly durationMs: number }
    const operation = OPERATIONS.find((each): each is Operation => each === name)
    if (operation === undefined) return
    const endMs = performance.now()
    busy[operation].cover(endMs - durationMs, endMs)
    weighted[operation].spread(endMs - durationMs, endMs, durationMs * durationMs)
  }
  subscribe(CHANNEL, listener)
  return () => void unsubscribe(CHANNEL, listener)
}
