import type { OptimizeProgress } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Figures } from '../../src/figures.js'
import { addStages, type StageTimes } from '../../src/ingest/stage-times.js'

type Stage = OptimizeProgress['stage']

const ORDER: readonly Stage[] = ['sample', 'train', 'assign', 'write', 'calibrate']

function buildOf(stages: readonly (readonly [Stage, number])[]): StageTimes {
  const seconds = stages.reduce((sum, [, taken]) => sum + taken, 0)
  return { seconds, stages: new Map(stages) }
}

function figuresOf(builds: readonly StageTimes[]): ReturnType<Figures['toJSON']> {
  const figures = new Figures()
  addStages(figures, builds)
  return figures.toJSON()
}

describe('addStages', () => {
  it('counts a stage as 0 where a build has not told of it', () => {
    const figures = figuresOf([
      buildOf([
        ['train', 2],
        ['calibrate', 1],
      ]),
      buildOf([
        ['sample', 0.5],
        ['train', 3],
        ['calibrate', 1],
      ]),
    ])
    expect(Object.keys(figures)).toEqual([
      'ingest.build',
      'ingest.build.sample',
      'ingest.build.train',
      'ingest.build.calibrate',
    ])
    expect(figures['ingest.build.sample']).toMatchObject({ samples: [0, 0.5], value: 0.25 })
    expect(figures['ingest.build']?.samples).toEqual([3, 4.5])
  })

  it('adds nothing where nothing was built', () => {
    expect(figuresOf([])).toEqual({})
  })

  it('keeps the order of stages and the sum of each build', () => {
    const build = fc
      .subarray([...ORDER], { minLength: 1 })
      .chain((told) =>
        fc
          .array(fc.integer({ min: 0, max: 1000 }), { minLength: 5, maxLength: 5 })
          .map((taken) => buildOf(told.map((stage, i) => [stage, taken[i] ?? 0]))),
      )
    fc.assert(
      fc.property(fc.array(build, { minLength: 1, maxLength: 5 }), (builds) => {
        const [whole, ...stages] = Object.entries(figuresOf(builds))
        const names = stages.map(([name]) => name.slice('ingest.build.'.length) as Stage)
        expect(names).toEqual(ORDER.filter((stage) => names.includes(stage)))
        builds.forEach((_, repetition) => {
          const sum = stages.reduce((all, [, figure]) => all + (figure.samples[repetition] ?? 0), 0)
          expect(sum).toBe(whole?.[1].samples[repetition])
        })
      }),
    )
  })
})
