/**
 * Rounds in which several are asked the same queries: a block of queries each in turn, so that all
 * meet the same machine, and each finds the caches as it left them but for the first few queries.
 */

import { performance } from 'node:perf_hooks'
import { Figures, percentile } from '../figures.js'
import type { GroundTruth } from '../vectors/recall.js'
import type { Contender } from './contenders.js'

const BLOCK_QUERIES = 100

/**
 * What is asked and how answers are judged.
 *
 * @internal
 */
export interface Questions {
  readonly queryCount: number
  readonly truth: GroundTruth
}

/**
 * Seconds and recalls of queries.
 *
 * @internal
 */
export interface Tally {
  readonly seconds: number[]
  readonly recalls: number[]
}

/**
 * Asks everyone a block of queries that no figure tells of.
 *
 * @internal
 */
export async function warmUp(contenders: readonly Contender[], asked: Questions): Promise<void> {
  const queryCount = Math.min(asked.queryCount, BLOCK_QUERIES)
  await recallRound(contenders, { ...asked, queryCount }, new Figures())
}

/**
 * One round: every query to everyone, one after the other, each awaited.
 *
 * @returns what each contender did, in their order
 * @internal
 */
export async function recallRound(
  contenders: readonly Contender[],
  questions: Questions,
  figures: Figures,
): Promise<Tally[]> {
  const tallies: Tally[] = contenders.map(() => ({ seconds: [], recalls: [] }))
  for (let from = 0, turn = 0; from < questions.queryCount; from += BLOCK_QUERIES, turn++) {
    const to = Math.min(questions.queryCount, from + BLOCK_QUERIES)
    for (let place = 0; place < contenders.length; place++) {
      const index = (place + turn) % contenders.length
      const contender = contenders[index] as Contender
      await askAll(contender, [from, to], questions.truth, tallies[index] as Tally)
    }
  }
  for (const [index, { figure }] of contenders.entries()) {
    addTally(figures, figure, tallies[index] as Tally)
  }
  return tallies
}

/**
 * Adds queries a second as they would be if every query had met the machine at its quietest: of
 * each query, the least time of all rounds.
 *
 * @param rounds - what {@link recallRound} returned, of the same contenders
 * @internal
 */
export function addQuietest(
  figures: Figures,
  contenders: readonly Contender[],
  rounds: readonly (readonly Tally[])[],
): void {
  for (const [index, { figure }] of contenders.entries()) {
    const [first, ...others] = rounds.map((tallies) => tallies[index]?.seconds ?? [])
    if (first === undefined) continue
    const least = first.map((seconds, query) =>
      Math.min(seconds, ...others.map((other) => other[query] ?? seconds)),
    )
    figures.add(`${figure}.quietQps`, 'queries/s', least.length / sum(least))
  }
}

/**
 * Queries a second.
 *
 * @internal
 */
export function qpsOf({ seconds }: Tally): number {
  return seconds.length / sum(seconds)
}

/**
 * Asks the queries of a range, one after the other, and judges the answers when all are there.
 *
 * @internal
 */
export async function askAll(
  contender: Contender,
  [from, to]: readonly [number, number],
  truth: GroundTruth,
  { seconds, recalls }: Tally,
): Promise<void> {
  const answers: Awaited<ReturnType<Contender['ask']>>[] = []
  contender.prepare()
  for (let query = from; query < to; query++) {
    const startMs = performance.now()
    const answer = await contender.ask(query)
    seconds.push((performance.now() - startMs) / 1000)
    answers.push(answer)
  }
  for (const [index, answer] of answers.entries()) {
    recalls.push(truth.recallOf(from + index, contender.idsOf(answer)))
  }
}

/**
 * Adds a sample of recall, queries a second and latencies.
 *
 * @returns queries a second
 * @internal
 */
export function addTally(figures: Figures, name: string, tally: Tally): number {
  const { seconds, recalls } = tally
  const qps = qpsOf(tally)
  figures.add(`${name}.recall`, 'share', mean(recalls))
  figures.add(`${name}.qps`, 'queries/s', qps)
  figures.add(`${name}.p50`, 'ms', percentile(seconds, 50) * 1000)
  figures.add(`${name}.p99`, 'ms', percentile(seconds, 99) * 1000)
  return qps
}

/**
 * The mean of some numbers.
 *
 * @internal
 */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
