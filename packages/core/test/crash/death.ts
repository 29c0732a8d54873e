/** When a writer is to die. */

import type { SeededRandom } from './plan.js'

/** When a writer dies: upon one of its lines and a little later, or at a point of its log. */
export interface Death {
  readonly line?: string
  readonly delayMs?: number
  readonly failpoint?: { readonly point: string; readonly count: number }
}

/** Chooses a moment among the writes `firstNumber` to `firstNumber + count - 1`. */
export function planDeath(random: SeededRandom, firstNumber: number, count: number): Death {
  const number = firstNumber + random.below(count)
  const appendCount = 1 + random.below(count)
  const deaths: readonly Death[] = [
    { line: `submit ${number}`, delayMs: random.below(12) },
    { line: `submit ${number}`, delayMs: 0 },
    { line: `acknowledge ${number}`, delayMs: random.below(6) },
    { line: `acknowledge ${number}`, delayMs: 0 },
    { failpoint: { point: 'acknowledge', count: appendCount } },
    { failpoint: { point: 'acknowledge', count: appendCount } },
    { line: 'opening', delayMs: random.below(80) },
    { line: 'closing', delayMs: random.below(15) },
    { failpoint: { point: 'before append', count: appendCount } },
    { failpoint: { point: 'during append', count: appendCount } },
    { failpoint: { point: 'after append', count: appendCount } },
    { failpoint: { point: 'read', count: 1 + random.below(120) } },
    { failpoint: { point: random.pick(['before truncation', 'after truncation']), count: 1 } },
    { failpoint: { point: random.pick(['before close', 'after close']), count: 1 } },
    {},
  ]
  return random.pick(deaths)
}
