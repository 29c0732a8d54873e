/** What a page fault costs: memory touched for the first time. */

import { performance } from 'node:perf_hooks'
import { median } from '../figures.js'

const BYTES = 64 * 1024 * 1024
const PAGE_BYTES = 4096
const ROUNDS = 3

/** Of ECMAScript 2024; Node.js has had it for longer. */
interface ResizableBuffer extends ArrayBuffer {
  resize(byteLength: number): void
}

const ResizableBuffer = ArrayBuffer as unknown as new (
  byteLength: number,
  options: { readonly maxByteLength: number },
) => ResizableBuffer

/**
 * Memory that is fresh whenever it is touched: its pages are given back in between, without a word
 * to the garbage collector.
 *
 * @internal
 */
export class FreshMemory {
  readonly #buffer = new ResizableBuffer(0, { maxByteLength: BYTES })

  /** Touches every page. */
  touch(): void {
    this.#buffer.resize(BYTES)
    const bytes = new Uint8Array(this.#buffer)
    for (let at = 0; at < BYTES; at += PAGE_BYTES) bytes[at] = 1
    this.#buffer.resize(0)
  }
}

/**
 * Measures it on this thread: the median of a few rounds.
 *
 * @returns milliseconds per fault; 0 where the system does not count them
 * @internal
 */
export function measureFaultCost(): number {
  const costs: number[] = []
  const memory = new FreshMemory()
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.resourceUsage().minorPageFault
    const startMs = performance.now()
    memory.touch()
    const elapsedMs = performance.now() - startMs
    const faults = process.resourceUsage().minorPageFault - before
    if (faults > 0) costs.push(elapsedMs / faults)
  }
  return costs.length > 0 ? median(costs) : 0
}
