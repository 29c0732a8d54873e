import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createClusterJob } from '../../../src/index/cluster/cluster-job.js'
import { moveCentroids } from '../../../src/index/cluster/move-centroids.js'
import { SeededNumbers } from '../../../src/index/cluster/seeded-numbers.js'
import { blankCodeSpace } from '../../../src/index/code-space.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { hostOf, inputOf, someRows } from './cluster-fixture.js'
import { anyFates, assistantsWith, type Fate } from './in-process-assistants.js'

const rows = someRows(900)
const input = inputOf(rows)
const { dimension } = rows.shape
const space = blankCodeSpace(rows.shape)

/** Every third row, in lists at random; a list takes half of them where `isUneven`. */
function trainingOf(listCount: number, seed: number, isUneven: boolean) {
  const numbers = new SeededNumbers(seed)
  const sample = Uint32Array.from({ length: 300 }, (_, i) => 3 * i)
  const lists = sample.map(() => numbers.below(isUneven && numbers.below(2) === 0 ? 1 : listCount))
  const centroids = new Float32Array(listCount * dimension).fill(7)
  return { sample, lists, centroids, counts: new Uint32Array(listCount).fill(9) }
}

/** The same in one go. */
function meansOf({ sample, lists, centroids }: ReturnType<typeof trainingOf>) {
  const counts = new Uint32Array(centroids.length / dimension)
  const sums = new Float64Array(centroids.length)
  const stride = 4 * dimension
  const packed = new Uint8Array(sample.length * stride)
  for (const [i, row] of sample.entries()) {
    packed.set(rows.packed.subarray(row * stride, (row + 1) * stride), i * stride)
  }
  scalarKernels.accumulateMeans({ space, rows: packed, lists, sums, counts })
  const means = centroids.map((value, i) => {
    const count = counts[Math.floor(i / dimension)]!
    return count === 0 ? value : sums[i]! / count
  })
  return { means, counts }
}

describe('moveCentroids', () => {
  it('moves centroids to the means of their rows, and leaves those without rows', async () => {
    const check = async (
      listCount: number,
      seed: number,
      isUneven: boolean,
      fates: Fate[] | undefined,
    ): Promise<void> => {
      const training = trainingOf(listCount, seed, isUneven)
      const right = meansOf(training)
      const assistants = fates && assistantsWith(scalarKernels, input, fates)
      const host = { ...hostOf(), ...(assistants ? { assistants } : {}) }
      await moveCentroids(createClusterJob(scalarKernels, input, host), space, training)
      expect(training.counts).toEqual(right.counts)
      expect(training.centroids).toEqual(right.means)
    }
    const fates = fc.option(anyFates, { nil: undefined })
    const listCount = fc.integer({ min: 1, max: 200 })
    await fc.assert(fc.asyncProperty(listCount, fc.nat(), fc.boolean(), fates, check))
  })
})
