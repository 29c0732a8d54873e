import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findNearest } from '../../../src/index/calibration/find-nearest.js'
import { ListSearcher } from '../../../src/index/calibration/list-searcher.js'
import { clusterRows } from '../../../src/index/cluster/cluster-rows.js'
import { kernels } from '../../support/selected-kernels.js'
import { hostOf, inputOf, someRows } from '../cluster/cluster-fixture.js'
import { anyFates, assistantsWith, type Fate } from '../cluster/in-process-assistants.js'

const ROWS = 1500
const QUERIES = 70
/** More than there are rows in the nearest lists. */
const PLAN = { probes: 2, reach: 0, eps: 9 }

const rows = someRows(ROWS)
const input = inputOf(rows)
const stride = 4 * rows.shape.dimension
const lists = await clusterRows(kernels, input, hostOf())
const queries = Array.from({ length: QUERIES }, (_, i) => {
  return rows.packed.slice(9 * i * stride, (9 * i + 1) * stride)
})
const wanted = queries.map((_, i) => 1 + 5 * (i % 4))

/** The nearest of all rows. */
function nearest(query: number): { rows: number[]; distances: number[] } {
  const { dtype, dimension, metric } = rows.shape
  const block = { metric, dtype, dimension, query: queries[query]!, rows: rows.packed }
  const all = new Float64Array(ROWS)
  kernels.distancesRange(block, 0, all)
  const order = [...all.keys()].sort((a, b) => all[a]! - all[b]! || a - b).slice(0, wanted[query])
  return { rows: order, distances: order.map((row) => all[row]!) }
}

describe('findNearest', () => {
  it('finds the nearest rows of every query, whatever assistants do or leave', async () => {
    const right = queries.map((_, query) => nearest(query))
    const check = async (fates: Fate[] | undefined): Promise<void> => {
      const searcher = new ListSearcher(kernels, lists, input.rows)
      let told = 0
      const found = await findNearest({ lists, queries, wanted, plan: PLAN }, searcher, {
        assistants: fates && assistantsWith(kernels, input, fates),
        step: async (queriesDone) => {
          told += queriesDone
        },
      })
      searcher.release()
      expect(told).toBe(QUERIES)
      expect(found.map((each) => [...each.rows])).toEqual(right.map((each) => each.rows))
      expect(found.map((each) => [...each.distances])).toEqual(right.map((each) => each.distances))
    }
    await fc.assert(fc.asyncProperty(fc.option(anyFates, { nil: undefined }), check), {
      numRuns: 15,
    })
  })
})
