/** Memory: how fast it is copied, how much a run holds, how much it allocates on the heap. */

import { performance } from 'node:perf_hooks'
import { GCProfiler, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Far more than the caches, twice: source and target. */
const COPY_BYTES = 128 * 1024 * 1024
const COPY_ROUNDS = 3
const SAMPLE_EVERY_MS = 20
const MEGABYTE = 1e6

/**
 * The speed of a plain copy of memory that has been touched and is not in the caches: the best of a
 * few rounds, in MB/s of bytes copied.
 *
 * @internal
 */
export function probeMemcpy(byteLength: number = COPY_BYTES): number {
  const source = new Uint8Array(byteLength).fill(1)
  const target = new Uint8Array(byteLength).fill(2)
  let best = 0
  for (let round = 0; round < COPY_ROUNDS; round++) {
    const startMs = performance.now()
    target.set(source)
    const seconds = (performance.now() - startMs) / 1000
    best = Math.max(best, byteLength / MEGABYTE / seconds)
  }
  return best
}

/**
 * Collects garbage now: the memory of a closed database goes back to the system only then, and the
 * next repetition should find the machine as the first one did.
 *
 * @internal
 */
export function collectGarbage(): void {
  garbageCollector()()
}

/**
 * The function that collects garbage; to get it takes longer than to call it at times.
 *
 * @internal
 */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  return typeof collect === 'function' ? () => collect() : () => undefined
}

/**
 * What a stretch of a program did to memory.
 *
 * @internal
 */
export interface MemoryUse {
  /** The most resident bytes of the process, sampled every 20 ms. */
  readonly rssBytesMax: number
  /** Resident bytes at the start. */
  readonly rssBytesStart: number
  /** Bytes allocated on the JavaScript heap, garbage included; array buffers are not in it. */
  readonly heapBytesAllocated: number
  /** Milliseconds in garbage collections. */
  readonly gcMs: number
}

/**
 * Watches memory from construction until `stop`. What was allocated is the growth of the used heap
 * between collections, summed up: from the end of each collection to the beginning of the next.
 *
 * @internal
 */
export class MemoryProbe {
  readonly #profiler = new GCProfiler()
  readonly #heapStart: number
  readonly #rssStart: number
  readonly #timer: NodeJS.Timeout
  #rssMax: number

  constructor() {
    this.#profiler.start()
    const { heapUsed, rss } = process.memoryUsage()
    this.#heapStart = heapUsed
    this.#rssStart = rss
    this.#rssMax = rss
    this.#timer = setInterval(() => this.#sample(), SAMPLE_EVERY_MS)
  }

  /** Ends watching. */
  stop(): MemoryUse {
    clearInterval(this.#timer)
    this.#sample()
    const heapEnd = process.memoryUsage().heapUsed
    const { statistics } = this.#profiler.stop()
    let allocated = 0
    let used = this.#heapStart
    let gcUs = 0
    for (const { cost, beforeGC, afterGC } of statistics) {
      allocated += Math.max(0, beforeGC.heapStatistics.usedHeapSize - used)
      used = afterGC.heapStatistics.usedHeapSize
      gcUs += cost
    }
    return {
      rssBytesMax: this.#rssMax,
      rssBytesStart: this.#rssStart,
      heapBytesAllocated: allocated + Math.max(0, heapEnd - used),
      gcMs: gcUs / 1000,
    }
  }

  #sample(): void {
    this.#rssMax = Math.max(this.#rssMax, process.memoryUsage.rss())
  }
}
