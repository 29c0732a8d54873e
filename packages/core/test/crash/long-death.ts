/** When a writer of long rows is to die. */

import type { FileFault } from './file-faults.mjs'
import type { SeededRandom } from './plan.js'

/** A moment: an operation on a file, a point of the log, or one of the writer's lines. */
export interface LongDeath {
  readonly fault?: FileFault
  /** Whether operations count from the opening on, or from when it is done. */
  readonly isFaultAtOpening?: boolean
  readonly failpoint?: { readonly point: string; readonly count: number }
  readonly line?: string
  readonly delayMs?: number
}

/** Operations that a round makes, roughly; a count beyond them is never reached. */
const OPERATIONS: readonly (Pick<FileFault, 'area' | 'operation'> & { readonly most: number })[] = [
  { area: 'checkpoints', most: 10 },
  { area: 'checkpoints', most: 90 },
  { area: 'checkpoints', operation: 'rename', most: 6 },
  { area: 'columns', most: 10 },
  { area: 'columns', most: 80 },
  { area: 'columns', operation: 'truncate', most: 2 },
  { area: 'columns', operation: 'rm', most: 8 },
  { area: 'segments', most: 60 },
  { area: 'segments', operation: 'rename', most: 3 },
  { area: 'segments', operation: 'rename', most: 6 },
  { area: 'recycled', most: 10 },
  { area: 'recycled', operation: 'rename', most: 6 },
  { area: 'log mark', most: 24 },
  { area: 'log', most: 50 },
  { area: 'log', operation: 'rm', most: 4 },
  { area: 'directories', most: 20 },
]
const ACTIONS = ['kill before', 'kill half', 'kill after'] as const
const LOG_POINTS = ['before forgetting', 'during forgetting', 'after forgetting', 'acknowledge']

/** Chooses a moment among steps `firstNumber` to `firstNumber + count - 1`. */
export function planLongDeath(
  random: SeededRandom,
  wal: 'file' | 'lmdb',
  { firstNumber, count }: { readonly firstNumber: number; readonly count: number },
): LongDeath {
  const kind = random.below(12)
  if (kind === 0) {
    return { line: `submit ${firstNumber + random.below(count)}`, delayMs: random.below(20) }
  }
  if (kind === 1) return { line: 'closing', delayMs: random.below(30) }
  if (kind === 2) {
    return { failpoint: { point: random.pick(LOG_POINTS), count: 1 + random.below(8) } }
  }
  // LMDB's files are not written by way of Node.js.
  const operations = OPERATIONS.filter(({ area }) => wal === 'file' || !area.startsWith('log'))
  const { most, ...where } = random.pick(operations)
  const fault = { ...where, count: 1 + random.below(most), action: random.pick(ACTIONS) }
  return { fault, isFaultAtOpening: random.below(4) === 0 }
}
