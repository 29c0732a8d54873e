import { describe, expect, it } from 'vitest'
import type { Calibration } from '../../../src/index/calibration/calibration.js'
import { planSearch } from '../../../src/index/calibration/plan-search.js'
import { epsForRecall } from '../../../src/index/recall-bound.js'

const calibration: Calibration = {
  listCount: 500,
  plans: [
    { k: 10, recall: 0.9, probes: 3, reach: 0.1, eps: 1 },
    { k: 10, recall: 0.99, probes: 20, reach: 0.2, eps: 1.9 },
    { k: 100, recall: 0.9, probes: 5, reach: 0.15, eps: 1.2 },
  ],
  rowQueries: 256,
  userQueries: 0,
  listsPay: true,
}

describe('the plan of a search', () => {
  it.each([
    [0.5, 10, 3, 0.1, 1],
    [0.9, 10, 3, 0.1, 1],
    [0.901, 10, 20, 0.2, 1.9],
    [0.99, 10, 20, 0.2, 1.9],
    [0.9, 11, 5, 0.15, 1.2],
    [0.3, 100, 5, 0.15, 1.2],
  ])('for a recall of %d and k = %d is that of the next higher one', (recall, k, ...plan) => {
    const [probes, reach, eps] = plan
    expect(planSearch(calibration, { recall, k })).toEqual({ probes, reach, eps })
  })

  it.each([
    [1, 1.3],
    [4, 1.2],
    [7, 1.1],
    [10, 1],
  ])('has surer bounds the fewer rows are wanted: k = %d', (k, eps) => {
    const plan = planSearch(calibration, { recall: 0.9, k })
    expect(plan).toEqual({ probes: 3, reach: 0.1, eps: expect.closeTo(eps) })
  })

  it('for answers between two sizes has the lists and the bounds of both', () => {
    const plans = [
      { k: 10, recall: 0.9, probes: 3, reach: 0.3, eps: 1.4 },
      { k: 100, recall: 0.9, probes: 5, reach: 0.2, eps: 1.2 },
    ]
    for (const k of [11, 50, 99]) {
      expect(planSearch({ ...calibration, plans }, { recall: 0.9, k })).toEqual({
        probes: 5,
        reach: 0.3,
        eps: 1.4,
      })
    }
    expect(planSearch({ ...calibration, plans }, { recall: 0.9, k: 100 }).eps).toBe(1.2)
  })

  it.each([
    [0.991, 10],
    [0.95, 100],
    [0.5, 101],
  ])('for a recall of %d and k = %d takes all lists, where none was found', (recall, k) => {
    const all = { probes: 500, reach: Number.POSITIVE_INFINITY, eps: epsForRecall(recall) }
    expect(planSearch(calibration, { recall, k })).toEqual(all)
  })
})
