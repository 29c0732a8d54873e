/** What a page fault costs: memory touched for the first time. */

import { performance } from 'node:perf_hooks'

const BYTES = 64 * 1024 * 1024
const PAGE_BYTES = 4096
const ROUNDS = 3

/**
 * Touches memory and nothing more.
 *
 * @returns the bytes, so that they are not given back meanwhile
 * @internal
 */
export function touchFreshMemory(byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  for (let at = 0; at < byteLength; at += PAGE_BYTES) bytes[at] = 1
  return bytes
}

/**
 * Measures it on this thread: the least of a few rounds.
 *
 * @returns milliseconds per fault; 0 where the system does not count them
 * @internal
 */
export function measureFaultCost(): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.resourceUsage().minorPageFault
    const startMs = performance.now()
    touchFreshMemory(BYTES)
    const elapsedMs = performance.now() - startMs
    const faults = process.resourceUsage().minorPageFault - before
    if (faults > 0) best = Math.min(best, elapsedMs / faults)
  }
  return Number.isFinite(best) ? best : 0
}
