/**
 * Which functions the main thread was in, window by window: a CPU profile by node:inspector, taken
 * in long chunks, as beginning one holds the event loop for tens of milliseconds. Of a chunk only
 * the function and the window of each sample are kept, in memory taken beforehand.
 */

import { Session } from 'node:inspector'
import { performance } from 'node:perf_hooks'
import type { WindowGrid } from './window-sums.js'

const SAMPLE_US = 1000
const CHUNK_MS = 30_000
/** Samples come a little faster than asked for at times. */
const SAMPLES_PER_MS = 1.5
/** Function numbers are 16 bits; what comes after so many is one. */
const FUNCTIONS_MAX = 65_535

/**
 * How much of the time a function took in one kind of windows and in another.
 *
 * @internal
 */
export interface FunctionShare {
  /** Its name and where it is. */
  readonly name: string
  /** Shares of the samples of slow windows, and of all others. */
  readonly slow: number
  readonly fast: number
}

/** The part of a profile that is used. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }[]
  readonly samples?: readonly number[]
  /** Microseconds between samples; the first since the start. */
  readonly timeDeltas?: readonly number[]
}

/**
 * Samples from construction until `stop`.
 *
 * @internal
 */
export class FunctionTimes {
  readonly #grid: WindowGrid
  readonly #onHeld: (startMs: number, endMs: number) => void
  readonly #session = new Session()
  readonly #numbers = new Map<string, number>()
  readonly #functions: Uint16Array
  readonly #windows: Uint32Array
  readonly #timer: NodeJS.Timeout
  #count = 0
  #startMs = 0

  /**
   * @param grid - of the windows
   * @param onHeld - told when taking the profile held the event loop
   */
  constructor(grid: WindowGrid, onHeld: (startMs: number, endMs: number) => void) {
    this.#grid = grid
    this.#onHeld = onHeld
    const capacity = Math.ceil(grid.count * grid.windowMs * SAMPLES_PER_MS)
    this.#functions = new Uint16Array(capacity)
    this.#windows = new Uint32Array(capacity)
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
    this.#start()
    this.#timer = setInterval(() => this.#next(), CHUNK_MS)
  }

  /** Ends sampling. */
  stop(): void {
    clearInterval(this.#timer)
    this.#finish()
    this.#session.disconnect()
  }

  /**
   * The functions whose share of slow windows differs the most from that of the others.
   *
   * @param isSlow - which windows are slow
   * @param countMax - how many functions
   * @returns none where there is no slow window
   */
  compare(isSlow: (window: number) => boolean, countMax: number): FunctionShare[] {
    const names = [...this.#numbers.keys()]
    const slow = new Float64Array(names.length)
    const fast = new Float64Array(names.length)
    const totals = { slow: 0, fast: 0 }
    for (let at = 0; at < this.#count; at++) {
      const kind = isSlow(this.#windows[at] as number) ? 'slow' : 'fast'
      const counts = kind === 'slow' ? slow : fast
      const number = this.#functions[at] as number
      counts[number] = (counts[number] ?? 0) + 1
      totals[kind] += 1
    }
    if (totals.slow === 0) return []
    return names
      .map((name, number) => ({
        name,
        slow: (slow[number] ?? 0) / totals.slow,
        fast: (fast[number] ?? 0) / Math.max(1, totals.fast),
      }))
      .sort((a, b) => b.slow - b.fast - (a.slow - a.fast))
      .slice(0, countMax)
  }

  #next(): void {
    const startMs = performance.now()
    this.#finish()
    this.#start()
    this.#onHeld(startMs, performance.now())
  }

  #start(): void {
    this.#startMs = performance.now()
    this.#post('Profiler.start')
  }

  #finish(): void {
    const { profile } = this.#post('Profiler.stop') as { readonly profile: Profile }
    const { samples = [], timeDeltas = [] } = profile
    const numbers = new Map(profile.nodes.map((node) => [node.id, this.#numberOf(node)]))
    const { originMs, windowMs, count } = this.#grid
    let atMs = this.#startMs
    for (let index = 0; index < samples.length; index++) {
      atMs += (timeDeltas[index] ?? 0) / 1000
      const window = Math.floor((atMs - originMs) / windowMs)
      if (window < 0 || window >= count || this.#count === this.#functions.length) continue
      this.#functions[this.#count] = numbers.get(samples[index] as number) ?? 0
      this.#windows[this.#count] = window
      this.#count += 1
    }
  }

  #numberOf({ callFrame }: Profile['nodes'][number]): number {
    const { functionName, url, lineNumber } = callFrame
    const file = url.slice(url.lastIndexOf('/') + 1)
    const place = file === '' ? '' : ` ${file}:${lineNumber + 1}`
    const unnamed = file === '' ? '(native code)' : '(anonymous)'
    const name = `${functionName || unnamed}${place}`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = Math.min(this.#numbers.size, FUNCTIONS_MAX)
    if (number < FUNCTIONS_MAX) this.#numbers.set(name, number)
    return number
  }

  /** The inspector of the own thread answers before the call returns. */
  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown
    let failure: Error | null = null
    this.#session.post(method, parameters, (error, result) => {
      failure = error
      answer = result
    })
    if (failure !== null) throw failure
    return answer
  }
}
