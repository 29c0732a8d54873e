import type { VectorId } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { Figures } from '../../src/figures.js'
import type { Contender } from '../../src/search/contenders.js'
import {
  addQuietest,
  qpsOf,
  recallRound,
  type Tally,
  warmUp,
} from '../../src/search/recall-rounds.js'
import { GroundTruth } from '../../src/vectors/recall.js'
import { Workload } from '../../src/vectors/workload.js'

const QUERY_COUNT = 230

const shape = { dtype: 'float32', dimension: 8, rowCount: 50, batchRows: 50, seed: 1 } as const
const workload = new Workload({ ...shape, ids: 'assigned' }, QUERY_COUNT)
const truth = new GroundTruth(workload, 50)
const questions = { queryCount: QUERY_COUNT, truth }

/** Answers with the first rows; all rows are right. */
function contender(figure: string, rowCount: number, log: string[]): Contender {
  const rows = Array.from({ length: rowCount }, (_, row) => row)
  return {
    figure,
    prepare: () => void log.push(`${figure} prepares`),
    ask: (query) => {
      log.push(`${figure} ${query}`)
      return rows
    },
    idsOf: (answer): VectorId[] => Array.from(answer, (row) => workload.idOf(Number(row))),
  }
}

describe('recallRound', () => {
  it('asks everyone everything once, in blocks by turns', async () => {
    const log: string[] = []
    await recallRound([contender('a', 1, log), contender('b', 1, log)], questions, new Figures())
    for (const name of ['a', 'b']) {
      const asked = log.filter((line) => line.startsWith(name) && !line.includes('prepares'))
      expect(asked).toEqual(Array.from({ length: QUERY_COUNT }, (_, query) => `${name} ${query}`))
    }
    const turns = log.filter((line) => line.includes('prepares')).map((line) => line[0])
    expect(turns.join('')).toBe('abbaab')
  })

  it('tells the recall, speed and latency of each', async () => {
    const figures = new Figures()
    const all = [contender('all', 50, []), contender('half', 25, [])]
    const tallies = await recallRound(all, questions, figures)
    expect(figures.get('all.recall')?.value).toBe(1)
    expect(figures.get('half.recall')?.value).toBe(0.5)
    expect(figures.get('half.qps')?.value).toBe(qpsOf(tallies[1] as Tally))
    expect(figures.get('half.p99')?.unit).toBe('ms')
  })

  it('takes the least time of each query of all rounds', () => {
    const figures = new Figures()
    const rounds = [
      [0.1, 0.4],
      [0.3, 0.2],
      [0.5, 0.3],
    ].map((seconds) => [{ seconds, recalls: [] }])
    addQuietest(figures, [contender('a', 1, [])], rounds)
    expect(figures.get('a.quietQps')?.value).toBeCloseTo(2 / (0.1 + 0.2))
  })

  it('judges each answer by the neighbours of its own query', async () => {
    const nearest = new GroundTruth(workload, 1)
    const rows = Array.from({ length: QUERY_COUNT }, (_, query) =>
      Array.from({ length: 50 }, (_, row) => row).filter(
        (row) => nearest.recallOf(query, [workload.idOf(row)]) === 1,
      ),
    )
    const figures = new Figures()
    const knowing = { ...contender('a', 1, []), ask: (query: number) => rows[query] ?? [] }
    await recallRound([knowing], { queryCount: QUERY_COUNT, truth: nearest }, figures)
    expect(figures.get('a.recall')?.value).toBe(1)
  })

  it('warms up without a figure', async () => {
    const log: string[] = []
    await warmUp([contender('a', 1, log)], questions)
    expect(log).toHaveLength(101)
  })
})
