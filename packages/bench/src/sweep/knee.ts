/** The knee of a curve: from where on more rows in flight are not worth their wait. */

import { median } from '../figures.js'
import { type SweepRun, sweepRunLabel } from './sweep-run.js'

/** What is nearer to the best than this is as good. */
const TOLERANCE = 0.05

/**
 * Measurements of one kind of run.
 *
 * @internal
 */
export interface CurvePoint {
  readonly run: SweepRun
  /** MB/s, at least one. */
  readonly samples: readonly number[]
}

/**
 * Where a curve bends.
 *
 * @internal
 */
export interface Knee {
  readonly run: SweepRun
  readonly best: SweepRun
  /** MB/s, the median of the best. */
  readonly bestThroughput: number
  /** Of that, the median of the knee. */
  readonly share: number
  /** Shares of at least 1 less this were taken for as good as the best. */
  readonly tolerance: number
}

/**
 * Finds the run with the fewest rows in flight, the smaller batch where two have as many, that is
 * within 5 % of the best; or within the noise where that is more: half of the spread of a run's
 * samples, the median of all runs.
 *
 * @param points - at least one
 * @internal
 */
export function findKnee(points: readonly CurvePoint[]): Knee {
  const medians = points.map(({ samples }) => median(samples))
  const bestThroughput = Math.max(...medians)
  const noise = points.map(({ samples }, index) => {
    return (Math.max(...samples) - Math.min(...samples)) / 2 / (medians[index] as number)
  })
  const tolerance = Math.max(TOLERANCE, median(noise))
  const shares = points.map(({ run }, index) => ({
    run,
    share: (medians[index] as number) / bestThroughput,
  }))
  const good = shares
    .filter(({ share }) => share >= 1 - tolerance)
    .sort((a, b) => rowsInFlight(a.run) - rowsInFlight(b.run) || a.run.batchRows - b.run.batchRows)
  const { run, share } = good[0] as (typeof good)[number]
  const best = shares[medians.indexOf(bestThroughput)]?.run ?? run
  return { run, best, bestThroughput, share, tolerance }
}

/**
 * The knee as a sentence.
 *
 * @param what - that has it: `ingest` or `add`
 * @internal
 */
export function kneeSentence(what: string, knee: Knee): string {
  const { run, best, bestThroughput, share, tolerance } = knee
  const percent = Math.round(tolerance * 100)
  const noise = tolerance > TOLERANCE ? ', the noise' : ''
  return (
    `knee of ${what}: ${sweepRunLabel(run)} get ${share.toFixed(2)} of the best, which is ` +
    `${Math.round(bestThroughput)} MB/s with ${sweepRunLabel(best)}; fewer rows under way lose ` +
    `more than ${percent} %${noise}`
  )
}

function rowsInFlight({ batchRows, inFlight }: SweepRun): number {
  return batchRows * (inFlight ?? 1)
}
