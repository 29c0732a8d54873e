/** Searches of rows that are in no list, before and after users have asked. */

import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { LISTED_ROWS_MIN } from '../../src/index/maintenance-plan.js'
import { epsForRecall } from '../../src/index/recall-bound.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import type { Metric } from '../../src/metric.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet } from '../search/vector-sets.js'
import { kernels, someCases } from '../support/selected-kernels.js'
import {
  ASKED,
  ask,
  DIMENSION,
  epsOf,
  isSure,
  ROWS,
  subjectOf,
  TARGETS,
  taught,
  vectorsIn,
} from './tail-subject.js'

/** Asked after those, to see what is found. */
const JUDGED = 100

const SETS: readonly (readonly [VectorSet, Metric])[] = [
  ['clustered', 'cosine'],
  ['overlapping', 'l2'],
  ['gaussian', 'cosine'],
  ['uniform', 'l2'],
  ['offset', 'cosine'],
  ['log-normal', 'dot'],
  ['duplicates', 'l2'],
  ['equal', 'dot'],
]

describe.each(someCases(4, SETS))('rows in no list: %s, %s', (set, metric) => {
  it('are found as was promised, before and after users have asked', async () => {
    const { indexed, more } = await subjectOf(set, metric)
    const judged = vectorsIn(more(JUDGED))
    const wanted = TARGETS.map((recall) => ({ recall, k: 10 }))
    const expectPromised = async (): Promise<void> => {
      const recalls = await indexed.recallsOf(judged, wanted)
      for (const [i, recall] of TARGETS.entries()) {
        // Three standard errors of so few queries, beside what is promised.
        const chance = 3 * Math.sqrt((recall * (1 - recall)) / JUDGED / 4)
        expect(recalls[i]).toBeGreaterThanOrEqual(recall - 0.005 - chance)
      }
    }
    await indexed.maintain()
    expect(isSure(indexed)).toBe(true)
    await expectPromised()
    ask(indexed, vectorsIn(more(ASKED)))
    await indexed.maintain()
    await expectPromised()
  })
})

describe('bounds of rows in no list', () => {
  it('are no surer than what was asked needs', async () => {
    const { indexed, more } = await taught('clustered')
    for (const recall of TARGETS) expect(epsOf(indexed, recall)).toBeLessThan(epsForRecall(recall))
    const judged = vectorsIn(more(JUDGED))
    expect(await indexed.recallOf(judged, { recall: 0.9, k: 10 })).toBeLessThan(0.965)
  })

  it('are for answers of 10 and up to 100 rows, surer for smaller ones', async () => {
    const { indexed } = await taught('clustered')
    expect(epsOf(indexed, 0.9, 3)).toBeGreaterThan(epsOf(indexed, 0.9, 10))
    expect(epsOf(indexed, 0.9, 11)).toBe(epsOf(indexed, 0.9, 100))
    expect(epsOf(indexed, 0.9, 101)).toBe(epsForRecall(0.9))
  })

  it('stay sure while users asked little, or always the same', async () => {
    const { indexed, more } = await subjectOf('clustered')
    const few = vectorsIn(more(127))
    expect(ask(indexed, few)).toBe(false)
    expect(ask(indexed, [...few, ...few])).toBe(false)
    await indexed.maintain()
    expect(isSure(indexed)).toBe(true)
    expect(ask(indexed, vectorsIn(more(1)))).toBe(true)
    await indexed.maintain()
    expect(isSure(indexed)).toBe(false)
  })

  it('are calibrated anew after as many queries again, and some time', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { indexed, more } = await subjectOf('clustered')
    ask(indexed, vectorsIn(more(128)))
    // What is measured takes no time by this clock.
    await indexed.maintain()
    expect(ask(indexed, vectorsIn(more(127)))).toBe(false)
    expect(ask(indexed, vectorsIn(more(1)))).toBe(true)
  })

  it('do for queries of another kind than rows once they were asked', async () => {
    const { indexed } = await subjectOf('clustered')
    const numbers = new Numbers(5)
    const task = { rowCount: ASKED + JUDGED, width: DIMENSION, numbers }
    const strange = vectorsIn(Float32Array.from(makeRows(VECTOR_SETS.gaussian(), task)))
    ask(indexed, strange.slice(0, ASKED))
    await indexed.maintain()
    const recall = await indexed.recallOf(strange.slice(ASKED), { recall: 0.95, k: 10 })
    expect(recall).toBeGreaterThan(0.93)
  })

  it('hold for a sixteenth more rows, are sure for more, and are calibrated anew', async () => {
    const { indexed, more } = await taught('clustered')
    await indexed.add(more(ROWS / 16))
    expect(isSure(indexed)).toBe(false)
    expect(ask(indexed, vectorsIn(more(1)))).toBe(false)
    await indexed.add(more(32))
    expect(isSure(indexed)).toBe(true)
    expect(ask(indexed, vectorsIn(more(1)))).toBe(true)
    await indexed.maintain()
    expect(isSure(indexed)).toBe(false)
  })

  it('hold while a twentieth of the rows has died, and are calibrated anew then', async () => {
    const { indexed } = await taught('clustered')
    indexed.alive.clearRange(100, ROWS / 20)
    expect(isSure(indexed)).toBe(false)
    indexed.alive.clear(0)
    expect(isSure(indexed)).toBe(true)
    await indexed.maintain()
    expect(isSure(indexed)).toBe(false)
  })

  it('are calibrated once, and no more, where hardly a row is left', async () => {
    const { indexed, more } = await taught('clustered')
    await indexed.add(more(20))
    indexed.alive.clearRange(0, ROWS + 18)
    await indexed.maintain()
    expect(ask(indexed, vectorsIn(more(1)))).toBe(false)
  })

  it('follow from the rows that are left, however many there were', async () => {
    const { indexed, more } = await subjectOf('clustered')
    await indexed.add(more(LISTED_ROWS_MIN))
    indexed.alive.clearRange(0, LISTED_ROWS_MIN)
    expect(isSure(indexed)).toBe(true)
    expect(ask(indexed, vectorsIn(more(ASKED)))).toBe(true)
    await indexed.maintain()
    expect(isSure(indexed)).toBe(false)
    await indexed.add(more(ROWS / 8))
    expect(isSure(indexed)).toBe(true)
    expect(ask(indexed, vectorsIn(more(1)))).toBe(true)
  })

  it('are sure where all codes were made anew', async () => {
    const { indexed } = await taught('clustered')
    indexed.index.restart()
    await indexed.index.catchUp(indexed.rowCount, () => false)
    expect(isSure(indexed)).toBe(true)
    await indexed.maintain()
    expect(isSure(indexed)).toBe(false)
  })

  it('stay as they were for a search that has begun', async () => {
    const { indexed, more } = await subjectOf('clustered')
    const { codes } = indexed.view()
    ask(indexed, vectorsIn(more(ASKED)))
    await indexed.maintain()
    expect(codes!.plan(0.9, 10).eps).toBe(epsForRecall(0.9))
    expect(epsOf(indexed, 0.9)).toBeLessThan(epsForRecall(0.9))
    codes!.end()
  })

  it('stay sure where rows are about to be in lists', async () => {
    const { indexed, more } = await subjectOf('clustered')
    await indexed.add(more(LISTED_ROWS_MIN - ROWS - 32))
    const asked = vectorsIn(more(ASKED))
    expect(ask(indexed, asked)).toBe(true)
    await indexed.add(more(32))
    expect(ask(indexed, asked)).toBe(false)
    expect(isSure(indexed)).toBe(true)
  })

  it('are those of lists once there are some', async () => {
    const { indexed, more } = await taught('clustered')
    await indexed.add(more(8192))
    await indexed.optimize()
    const { codes } = indexed.view()
    expect(codes!.plan(0.9, 10).probes).toBeGreaterThan(0)
    codes!.end()
  })
})

describe('a calibration of rows in no list', () => {
  it('that is given up leaves sure bounds, and gives all memory back', async () => {
    const { indexed, more } = await subjectOf('clustered')
    let pins = 0
    const collection = {
      ...indexed.collection,
      pin: () => {
        pins += 1
        return () => {
          pins -= 1
        }
      },
    }
    const { signal } = new AbortController()
    for (const giveUp of [() => indexed.index.yield(), () => indexed.index.restart()]) {
      ask(indexed, vectorsIn(more(ASKED)))
      const learning = indexed.index.maintain(collection, signal)
      while (pins === 0) await Promise.resolve()
      giveUp()
      await learning
      expect(pins).toBe(0)
      await indexed.index.catchUp(indexed.rowCount, () => false)
      expect(isSure(indexed)).toBe(true)
    }
    await indexed.maintain()
    expect(isSure(indexed)).toBe(false)
    expect(indexed.warnings).toEqual([])
  })

  it('that fails says so once, and searches go on with sure bounds', async () => {
    let isFailing = false
    const failing: typeof scalarKernels = Object.create(scalarKernels, {
      encode: {
        value: (task: Parameters<typeof scalarKernels.encode>[0]) => {
          if (isFailing) throw new Error('no codes')
          scalarKernels.encode(task)
        },
      },
    })
    const { indexed, more } = await subjectOf('clustered', 'cosine', failing)
    ask(indexed, vectorsIn(more(ASKED)))
    isFailing = true
    for (let i = 0; i < 2; i++) {
      await indexed.maintain()
      expect(isSure(indexed)).toBe(true)
      expect(indexed.warnings).toEqual([
        expect.stringMatching(/_NOT_CALIBRATED .*could not be calibrated/),
      ])
      ask(indexed, vectorsIn(more(ASKED)))
    }
  })

  it('has the same outcome whatever the kernels', async () => {
    const plans = []
    for (const each of [kernels, scalarKernels]) {
      const { indexed, more } = await subjectOf('overlapping', 'cosine', each)
      ask(indexed, vectorsIn(more(ASKED)))
      await indexed.maintain()
      plans.push([10, 100].map((k) => TARGETS.map((recall) => epsOf(indexed, recall, k))))
    }
    expect(plans[0]).toEqual(plans[1])
    expect(plans[0]![0]![0]).toBeLessThan(epsForRecall(0.9))
  })
})
