/** How long synchronous calls take, by the package `benchmark`: it finds out how often to call. */

import Benchmark from 'benchmark'

/** The least time of a sample: far above the resolution of the clock. */
const SAMPLE_MS_MIN = 5
const SAMPLES_MIN = 3

// Functions are called as they are, not recompiled from their source: they are closures.
Benchmark.support.decompilation = false

/**
 * A call to be timed.
 *
 * @internal
 */
export interface TimedCall {
  readonly name: string
  readonly run: () => void
}

/**
 * Times calls one after the other, as a suite.
 *
 * @param calls - of different names
 * @param timeMs - how long each is repeated, about
 * @returns seconds per call, for each sample, an odd number of them, so that their median is one
 * and the median of what is made of each is made of it; by name
 * @throws whatever a call throws
 * @internal
 */
export function timeCalls(
  calls: readonly TimedCall[],
  timeMs: number,
): ReadonlyMap<string, readonly number[]> {
  const suite = new Benchmark.Suite()
  const options = {
    maxTime: timeMs / 1000,
    minTime: Math.min(SAMPLE_MS_MIN, timeMs) / 1000,
    minSamples: SAMPLES_MIN,
  }
  for (const { name, run } of calls) suite.add(name, run, options)
  const samples = new Map<string, readonly number[]>()
  const errors: unknown[] = []
  suite.on('cycle', ({ target }: Benchmark.Event) => {
    samples.set(target.name ?? '', oddCount(target.stats?.sample ?? []))
    if ('error' in target && target.error) errors.push(target.error)
  })
  suite.run({ async: false })
  if (errors.length > 0) throw errors[0]
  return samples
}

/** Without the last one of an even number. */
function oddCount(samples: readonly number[]): readonly number[] {
  return samples.length % 2 === 0 ? samples.slice(0, -1) : samples
}
