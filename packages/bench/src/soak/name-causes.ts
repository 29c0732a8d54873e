/**
 * Names the cause of every slow window, from counters alone. The rule:
 *
 * A window is slow below 60 % of the median of bytes; all others are ordinary. What it lost is its
 * length times the share of the median that is missing. A counter of time explains as much as it is
 * beyond its median of ordinary windows; a latency, the share of the time spent in the operation by
 * which that was slower than it ordinarily is. A counter not beyond nine of ten ordinary windows
 * explains nothing. Causes are looked at in tiers, what makes others slow first: a held event loop
 * makes every latency long. The first tier that explains half of the loss gives the name; else that
 * of the window before; else the greatest share of at least a quarter, of either; only then, in the
 * same way, a held event loop and the queue, which have their causes themselves; else `unknown`.
 */

import { median, percentile } from '../figures.js'
import type { Cause, CountedWindow, Counters, Operation } from './causes.js'

/** Below this share of the median throughput a window is slow. */
export const SLOW_BELOW = 0.6
/** Of the loss: what settles the matter, and what must be there at the least. */
const SHARE_ENOUGH = 0.5
const SHARE_LEAST = 0.25
const ORDINARY_PERCENT = 90

type TimeCounter = Exclude<keyof Counters, 'operations'>

type Rule =
  | { readonly cause: Cause; readonly counter: TimeCounter; readonly shareLeast?: number }
  | { readonly cause: Cause; readonly operation: Operation }

type Tiers = readonly (readonly Rule[])[]

const CAUSES_THEMSELVES: Tiers = [
  [{ cause: 'gc', counter: 'gcMs' }],
  [{ cause: 'page-faults', counter: 'faultMs' }],
  [{ cause: 'index', counter: 'indexMs' }],
  [{ cause: 'checkpoint', counter: 'checkpointMs' }],
  [{ cause: 'no-core', counter: 'noCoreMs' }],
  [
    { cause: 'log-append', operation: 'logAppend' },
    { cause: 'segment-sync', operation: 'segmentSync' },
    { cause: 'segment-write', operation: 'segmentWrite' },
  ],
  // Half of a loss or nothing: a little of them is in fast windows as often as in slow ones.
  [
    { cause: 'discard', counter: 'discardMs', shareLeast: SHARE_ENOUGH },
    { cause: 'disk-flush', counter: 'flushMs', shareLeast: SHARE_ENOUGH },
  ],
]

const CAUSED_THEMSELVES: Tiers = [
  [{ cause: 'event-loop', counter: 'heldMs' }],
  [{ cause: 'queue', operation: 'queueWait' }],
]

/**
 * Why a window was slow.
 *
 * @internal
 */
export interface NamedCause {
  readonly cause: Cause
  /** The share of the loss that it explains, at most 1; 0 when it is unknown. */
  readonly share: number
}

/** How a counter is in ordinary windows. */
interface Ordinary {
  readonly median: number
  readonly most: number
}

/**
 * Names causes.
 *
 * @param windows - in any order
 * @param windowMs - the length of each
 * @returns for each window why it was slow; undefined where it was not
 * @internal
 */
export function nameCauses(
  windows: readonly CountedWindow[],
  windowMs: number,
): readonly (NamedCause | undefined)[] {
  if (windows.length === 0) return []
  const typical = median(windows.map(({ bytes }) => bytes))
  const isSlow = ({ bytes }: CountedWindow): boolean => bytes < SLOW_BELOW * typical
  const judge = new Judge(
    windows.filter((window) => !isSlow(window)).map(({ counters }) => counters),
    windowMs,
  )
  return windows.map((window) => {
    if (!isSlow(window)) return undefined
    return judge.nameOf(window, windowMs * (1 - window.bytes / typical))
  })
}

/** Knows what is ordinary. */
class Judge {
  readonly #windowMs: number
  readonly #ordinary: ReadonlyMap<Rule, Ordinary>

  constructor(ordinary: readonly Counters[], windowMs: number) {
    this.#windowMs = windowMs
    this.#ordinary = new Map(
      [...CAUSES_THEMSELVES, ...CAUSED_THEMSELVES]
        .flat()
        .map((rule) => [rule, ordinaryOf(rule, ordinary)]),
    )
  }

  nameOf(window: CountedWindow, lostMs: number): NamedCause {
    return (
      this.#find(CAUSES_THEMSELVES, window, lostMs) ??
      this.#find(CAUSED_THEMSELVES, window, lostMs) ?? { cause: 'unknown', share: 0 }
    )
  }

  #find(tiers: Tiers, { counters, before }: CountedWindow, lostMs: number): NamedCause | undefined {
    const now = this.#sharesOf(tiers, counters, lostMs)
    const then = before ? this.#sharesOf(tiers, before, lostMs) : []
    const found = firstEnough(now) ?? firstEnough(then)
    if (found) return found
    const best = bestOf([...now, ...then].flat())
    return best && best.share >= SHARE_LEAST ? best : undefined
  }

  #sharesOf(tiers: Tiers, counters: Counters, lostMs: number): NamedCause[][] {
    return tiers.map((rules) =>
      rules.map((rule) => {
        const share = Math.min(1, this.#explainedMs(rule, counters) / lostMs)
        const isEnough = !('counter' in rule) || share >= (rule.shareLeast ?? 0)
        return { cause: rule.cause, share: isEnough ? share : 0 }
      }),
    )
  }

  #explainedMs(rule: Rule, counters: Counters): number {
    const value = levelOf(rule, counters)
    const { median: typical, most } = this.#ordinary.get(rule) as Ordinary
    if (!(value > most)) return 0
    if ('counter' in rule) return value - typical
    const busyMs = Math.min(this.#windowMs, counters.operations[rule.operation].busyMs)
    return busyMs * (1 - typical / value)
  }
}

/** Of the first tier that explains enough, what explains most. */
function firstEnough(tiers: readonly (readonly NamedCause[])[]): NamedCause | undefined {
  for (const causes of tiers) {
    const best = bestOf(causes)
    if (best && best.share >= SHARE_ENOUGH) return best
  }
  return undefined
}

/** The greatest share; the first of equal ones. */
function bestOf(causes: readonly NamedCause[]): NamedCause | undefined {
  let best: NamedCause | undefined
  for (const each of causes) if (best === undefined || each.share > best.share) best = each
  return best
}

/** An operation that was not under way has no latency to compare with. */
function ordinaryOf(rule: Rule, ordinary: readonly Counters[]): Ordinary {
  const all = ordinary.map((counters) => levelOf(rule, counters))
  const values = 'operation' in rule ? all.filter((value) => value > 0) : all
  if (values.length === 0) return { median: 0, most: 0 }
  return { median: median(values), most: percentile(values, ORDINARY_PERCENT) }
}

function levelOf(rule: Rule, counters: Counters): number {
  return 'counter' in rule ? counters[rule.counter] : counters.operations[rule.operation].latencyMs
}
