import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeElementsOf } from '../../../../src/code-layout.js'
import { movedTo } from '../../../../src/conformance/kernel-provider-data.js'
import type { AssignTask, CodeSpace } from '../../../../src/contract/code-kernels.js'
import type { Dtype } from '../../../../src/dtype.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import type { Metric } from '../../../../src/metric.js'
import {
  bytesOf,
  codeSum,
  encoded,
  lanesOf,
  plainSpace,
  rowAt,
  rowsOf,
  seededNumbers,
  spaceOf,
} from './code-data.js'
import { centred, sum64 } from './naive-codes.js'

const NONE = 0xffffffff
const f = Math.fround
const SUBJECTS: ReadonlyArray<readonly [Dtype, Metric]> = [
  ['float32', 'cosine'],
  ['float32', 'l2'],
  ['float64', 'dot'],
  ['int8', 'cosine'],
  ['bit', 'hamming'],
]

type Options = Partial<Pick<AssignTask, 'candidatesMax' | 'margin' | 'listsPerRow' | 'groups'>>

/** Centroids near the rows: some of them, moved a little. */
function centroidsOf(space: CodeSpace, count: number, seed: number): Float32Array {
  const n = codeElementsOf(space.dtype, space.dimension)
  const rows = rowsOf(space, count, seed)
  const noise = seededNumbers(count * n, seed)
  return Float32Array.from({ length: count * n }, (_, i) => {
    const row = Math.floor(i / n)
    return centred(space, rowAt(space, rows, row)).u[i % n]! * 0.9 + noise[i]! / 50
  })
}

function blocksOf(space: CodeSpace, centroids: Float32Array): Uint8Array {
  const dimension = codeElementsOf(space.dtype, space.dimension)
  return encoded({ ...space, dtype: 'float32', metric: 'l2', dimension }, bytesOf(centroids))
}

function assigned(
  space: CodeSpace,
  rows: Uint8Array,
  centroids: Float32Array,
  options: Options = {},
): Uint32Array {
  const { candidatesMax = 64, margin = 1e9, listsPerRow = 1, groups } = options
  const rowCount = rows.length / rowAt(space, rows, 0).length
  const lists = new Uint32Array(rowCount * listsPerRow).fill(77)
  const blocks = blocksOf(space, centroids)
  const limits = { candidatesMax, margin, listsPerRow, groups }
  const task = { space, rows, centroids, blocks, lists, ...limits }
  scalarKernels.assign(task)
  return lists
}

/** Exact distances in float32, from the definition. */
function distancesTo(u: readonly number[], centroids: Float32Array): number[] {
  const n = u.length
  return Array.from({ length: centroids.length / n }, (_, k) =>
    sum64(u.map((x, i) => f(f(x - centroids[k * n + i]!) ** 2))),
  )
}

/** What every candidate costs as a second list, from the definition. */
function secondCosts(u: readonly number[], centroids: Float32Array, first: number): number[] {
  const n = u.length
  const distances = distancesTo(u, centroids)
  return distances.map((distance, k) => {
    if (k === first) return Number.NaN
    if (distances[first] === 0) return distance
    const p = sum64(
      u.map((x, i) => f(f(x - centroids[first * n + i]!) * f(x - centroids[k * n + i]!))),
    )
    return f(distance + f(2 * f(f(p * p) / distances[first]!)))
  })
}

/** The place of the least number, the first of equals; NaN is passed over. */
function leastOf(numbers: readonly number[]): number {
  return numbers.reduce((best, x, i) => (x < (numbers[best] ?? Infinity) ? i : best), -1)
}

/** Estimates of a row's distances to centroids, less what they have in common. */
function estimatesOf(space: CodeSpace, row: Uint8Array, centroids: Float32Array): number[] {
  const tables = new Uint8Array(2 * space.signs.length)
  const { scale, bias } = scalarKernels.buildTables(space, row, tables)
  const count = centroids.length / codeElementsOf(space.dtype, space.dimension)
  return lanesOf(blocksOf(space, centroids), space.signs.length / 2)
    .slice(0, count)
    .map(({ code, factor, offset }) => {
      const S = f(f(codeSum(tables, code) * scale) + bias)
      return f(f(factor * S) + offset)
    })
}

describe('assign', () => {
  it('finds the nearest centroid where all of them are candidates', () => {
    for (const combination of SUBJECTS) {
      const space = spaceOf(combination, 75)
      const rows = rowsOf(space, 40, 2)
      const centroids = centroidsOf(space, 50, 3)
      const lists = assigned(space, rows, centroids)
      const expected = Array.from({ length: 40 }, (_, row) =>
        leastOf(distancesTo([...centred(space, rowAt(space, rows, row)).u], centroids)),
      )
      expect([...lists], combination.join()).toEqual(expected)
      expect(new Set(lists).size).toBeGreaterThan(10)
    }
  })

  it('finds the second list that complements the first', () => {
    for (const combination of SUBJECTS) {
      const space = spaceOf(combination, 75)
      const rows = rowsOf(space, 40, 4)
      const centroids = centroidsOf(space, 50, 5)
      const lists = assigned(space, rows, centroids, { listsPerRow: 2, margin: 0 })
      const nearestTwo = new Set<boolean>()
      for (let row = 0; row < 40; row++) {
        const { u } = centred(space, rowAt(space, rows, row))
        const distances = distancesTo(u, centroids)
        const first = leastOf(distances)
        const second = leastOf(secondCosts(u, centroids, first))
        expect([...lists.subarray(2 * row, 2 * row + 2)], combination.join()).toEqual([
          first,
          second,
        ])
        nearestTwo.add(second === leastOf(distances.map((d, k) => (k === first ? Number.NaN : d))))
      }
      // Else the penalty decides nothing here.
      expect(nearestTwo).toContain(false)
    }
  })

  it('compares only the best estimates, less those that are worse by more than the margin', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom(0, 0.01, 0.1, 1),
        fc.nat(),
        (count, candidatesMax, margin, seed) => {
          const space = spaceOf(['float32', 'l2'], 30, seed)
          const row = rowsOf(space, 1, seed)
          const centroids = centroidsOf(space, count, ~seed)
          const { u, r } = centred(space, row)
          const R = sum64(r.map((x) => f(x * x)))
          const estimates = estimatesOf(space, row, centroids)
          const order = [...estimates.keys()].sort((a, b) => estimates[a]! - estimates[b]! || a - b)
          const best = order.slice(0, candidatesMax)
          const limit = f(estimates[best[0]!]! + f(f(2 * f(margin)) * R))
          const near = best.filter((k) => estimates[k]! <= limit)
          const distances = distancesTo(u, centroids)
          const among = (few: readonly number[], costs: readonly number[]): number =>
            leastOf(costs.map((cost, k) => (few.includes(k) ? cost : Number.NaN)))
          const one = assigned(space, row, centroids, { candidatesMax, margin })
          expect([...one]).toEqual([among(near, distances)])
          const first = among(best, distances)
          const second = among(best, secondCosts(u, centroids, first))
          const two = assigned(space, row, centroids, { candidatesMax, margin, listsPerRow: 2 })
          expect([...two]).toEqual([first, second < 0 ? NONE : second])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('finds the centroid next to a row among many, from few candidates', () => {
    const space = spaceOf(['float32', 'cosine'], 128)
    const rows = rowsOf(space, 300, 6)
    const lists = assigned(space, rows, centroidsOf(space, 300, 6), {
      candidatesMax: 4,
      margin: 0.2,
    })
    expect([...lists]).toEqual(Array.from({ length: 300 }, (_, row) => row))
  })

  it('looks only at blocks with a member of a near group, and at all of such a block', () => {
    const space = spaceOf(['float32', 'l2'], 75)
    const n = space.mean.length
    const centroids = centroidsOf(space, 90, 7)
    const starts = Uint32Array.of(0, 30, 40, 90)
    const first = centroids.slice(0, n)
    // A row that is centroid 70 and near 50, and groups one of whose means is that row.
    const row = centroids.slice(70 * n, 71 * n)
    centroids.set(
      row.map((x) => x * 0.99),
      50 * n,
    )
    const listsIn = (near: number, beam: number): number[] => {
      const means = [0, 1, 2].flatMap((group) => [...(group === near ? row : first)])
      const groups = { blocks: blocksOf(space, Float32Array.from(means)), starts, beam }
      return [...assigned(space, bytesOf(row), centroids, { groups })]
    }
    const nearest = (from: number, to: number): number => {
      const distances = distancesTo([...row], centroids)
      return leastOf(distances.map((d, k) => (k >= from && k < to ? d : Number.NaN)))
    }
    expect(listsIn(0, 1)).toEqual([nearest(0, 32)])
    expect(listsIn(1, 1)).toEqual([50])
    expect(listsIn(2, 1)).toEqual([70])
    // The others are equally far: the lower number is looked into.
    expect(listsIn(1, 2)).toEqual([50])
    expect(listsIn(0, 3)).toEqual([70])
  })

  it('finds what it finds without groups where all of them are looked into', () => {
    const space = spaceOf(['float32', 'cosine'], 64)
    const rows = rowsOf(space, 30, 8)
    const centroids = centroidsOf(space, 70, 8)
    const means = blocksOf(space, centroidsOf(space, 3, 1))
    const groups = { blocks: means, starts: Uint32Array.of(0, 1, 33, 70), beam: 3 }
    for (const listsPerRow of [1, 2] as const) {
      const options = { candidatesMax: 5, margin: 0.1, listsPerRow }
      expect(assigned(space, rows, centroids, { ...options, groups })).toEqual(
        assigned(space, rows, centroids, options),
      )
    }
  })

  it('gives ties to the lower number', () => {
    const space = plainSpace('l2', 64)
    const row = rowsOf(space, 1, 1)
    const one = centroidsOf(space, 1, 9)
    const same = new Float32Array(64 * 70)
    for (let k = 0; k < 70; k++) same.set(one, 64 * k)
    expect([...assigned(space, row, same, { listsPerRow: 2, candidatesMax: 5 })]).toEqual([0, 1])
    expect([...assigned(space, row, same)]).toEqual([0])
    expect([...assigned(space, row, same, { candidatesMax: 1 })]).toEqual([0])
  })

  it('has no second list where there is one candidate', () => {
    const space = plainSpace('dot', 64)
    const rows = rowsOf(space, 2, 1)
    const options = { listsPerRow: 2 } as const
    expect([...assigned(space, rows, centroidsOf(space, 1, 1), options)]).toEqual([
      0,
      NONE,
      0,
      NONE,
    ])
    const many = assigned(space, rows, centroidsOf(space, 40, 1), { ...options, candidatesMax: 1 })
    expect([many[1], many[3]]).toEqual([NONE, NONE])
  })

  it('takes the next nearest where a row is its centroid', () => {
    const space = plainSpace('l2', 64)
    const centroids = centroidsOf(space, 20, 2)
    const row = centroids.slice(64 * 7, 64 * 8)
    const distances = distancesTo([...row], centroids)
    const next = leastOf(distances.map((d, k) => (k === 7 ? Number.NaN : d)))
    expect([...assigned(space, bytesOf(row), centroids, { listsPerRow: 2 })]).toEqual([7, next])
  })

  it('assigns a row that is the mean, and rows whose distances leave float32', () => {
    const mean = seededNumbers(64, 5)
    const space = spaceOf(['float32', 'l2'], 64, 1, mean)
    const centroids = centroidsOf(space, 40, 2)
    const expected = leastOf(distancesTo([...mean], centroids))
    expect([...assigned(space, bytesOf(mean), centroids)]).toEqual([expected])
    for (const value of [3e38, -3e38, Number.NaN]) {
      const row = bytesOf(new Float32Array(64).fill(value))
      expect([...assigned(space, row, centroids, { listsPerRow: 2 })]).toEqual([0, 1])
    }
  })

  it('does not care where rows and blocks lie', () => {
    const space = spaceOf(['float64', 'cosine'], 33)
    const rows = rowsOf(space, 9, 3)
    const centroids = centroidsOf(space, 33, 4)
    const lists = new Uint32Array(18)
    scalarKernels.assign({
      space,
      rows: movedTo(1, rows),
      centroids,
      blocks: movedTo(3, blocksOf(space, centroids)),
      candidatesMax: 4,
      margin: 0.1,
      listsPerRow: 2,
      lists,
    })
    expect(lists).toEqual(
      assigned(space, rows, centroids, { candidatesMax: 4, margin: 0.1, listsPerRow: 2 }),
    )
  })
})
