import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RankedRows, RecallTable } from '../../../src/index/calibration/recall-table.js'

const STEPS = 40

const anyCode = fc.record({
  step: fc.nat({ max: STEPS - 1 }),
  estimate: fc.nat({ max: 50 }),
  error: fc.oneof(fc.nat({ max: 20 }), fc.constant(Number.POSITIVE_INFINITY)),
})

const nearestRows: fc.Arbitrary<RankedRows> = fc
  .array(
    fc.record({
      distance: fc.nat({ max: 50 }),
      codes: fc.array(anyCode, { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 128 },
  )
  .map((rows) => {
    const sorted = rows.toSorted((a, b) => a.distance - b.distance)
    const codes = sorted.flatMap((row, i) => row.codes.map((code) => ({ row: i, ...code })))
    return {
      distances: Float64Array.from(sorted, ({ distance }) => distance),
      codes: {
        rows: Uint32Array.from(codes, ({ row }) => row),
        steps: Uint32Array.from(codes, ({ step }) => step),
        estimates: Float64Array.from(codes, ({ estimate }) => estimate),
        errors: Float64Array.from(codes, ({ error }) => error),
      },
    }
  })

/** What a search finds, the slow way. */
function recallOf({ distances, codes }: RankedRows, plan: Plan): number {
  const { k, eps, step } = plan
  const wanted = Math.min(k, distances.length)
  const found = Array.from(distances, (distance, row) => {
    const bounds = Array.from(codes.estimates, (estimate, i) => estimate - eps * codes.errors[i]!)
    const seen = bounds.filter((_, i) => codes.rows[i] === row && codes.steps[i]! <= step)
    return { distance, key: Math.max(distance, Math.min(...seen)) }
  })
    // Of no bound at all the least is infinite.
    .filter(({ key }) => key < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.key - b.key)
    .slice(0, wanted)
  return found.filter(({ distance }) => distance <= distances[wanted - 1]!).length / wanted
}

interface Plan {
  readonly k: number
  readonly eps: number
  readonly step: number
}

describe('the recall table', () => {
  it('has what searches of the nearest rows find', () => {
    fc.assert(
      fc.property(fc.array(nearestRows, { minLength: 1, maxLength: 4 }), (queries) => {
        const table = new RecallTable(STEPS)
        for (const rows of queries) table.add(rows, true)
        for (const [i, k] of RecallTable.ks.entries()) {
          for (const [e, eps] of RecallTable.eps.entries()) {
            for (let step = 0; step < STEPS; step++) {
              const recalls = queries.map((rows) => recallOf(rows, { k, eps, step }))
              const mean = recalls.reduce((a, b) => a + b, 0) / recalls.length
              expect(table.at(i, e, step).mean).toBeCloseTo(mean, 10)
            }
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('knows how sure it is', () => {
    const table = new RecallTable(2)
    const rows = (step: number): RankedRows => ({
      distances: new Float64Array(1),
      codes: {
        rows: new Uint32Array(1),
        steps: new Uint32Array([step]),
        estimates: new Float64Array(1),
        errors: new Float64Array(1),
      },
    })
    for (let i = 0; i < 50; i++) {
      table.add(rows(0), true)
      table.add(rows(1), false)
    }
    expect(table.count).toBe(100)
    expect(table.at(0, 0, 0).mean).toBe(0.5)
    expect(table.at(0, 0, 0).error).toBeCloseTo(Math.sqrt(0.25 / 99), 10)
    expect(table.at(0, 0, 1)).toEqual({ mean: 1, error: 0, ofOneRow: 0.001 })
    expect(table.at(1, 0, 0).mean).toBe(1)
  })
})
