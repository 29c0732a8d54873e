/**
 * An order of centroids in which neighbours have near numbers, so that each run of 64 of them is a
 * group: they are halved, and the halves again, each time across the direction in which a sample
 * of them falls into two parts.
 */

import type { ClusterJob } from './cluster-job.js'
import { GROUP_CENTROIDS } from './cluster-plan.js'

/** Centroids from which the direction of a cut is found. */
const SAMPLE = 256
/** Rounds of 2-means over them. */
const ROUNDS = 3

/** A run of places that is still to be cut. */
interface Run {
  readonly from: number
  readonly to: number
}

/**
 * Finds the order.
 *
 * @param centroids - `K` times `n` numbers
 * @returns the numbers of the centroids, in their order
 * @internal
 */
export async function orderCentroids(
  job: ClusterJob,
  centroids: Float32Array,
): Promise<Uint32Array> {
  const { steps, elements } = job
  const order = Uint32Array.from({ length: centroids.length / elements }, (_, i) => i)
  const keys = new Float64Array(order.length)
  const runs: Run[] = [{ from: 0, to: order.length }]
  for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
    const { from, to } = run
    if (to - from <= GROUP_CENTROIDS) continue
    const places = order.subarray(from, to)
    const direction = await findDirection(job, centroids, places)
    await steps.over(places.length, (first, end) => {
      for (let i = first; i < end; i++) keys[places[i]!] = project(centroids, places[i]!, direction)
    })
    places.sort((a, b) => keys[a]! - keys[b]! || a - b)
    const groups = Math.ceil(places.length / GROUP_CENTROIDS)
    const middle = from + Math.floor(groups / 2) * GROUP_CENTROIDS
    runs.push({ from, to: middle }, { from: middle, to })
  }
  return order
}

/** The direction from one to the other of two means that a sample gathers around. */
async function findDirection(
  { steps, elements }: ClusterJob,
  centroids: Float32Array,
  places: Uint32Array,
): Promise<Float64Array> {
  const stride = Math.max(1, Math.floor(places.length / SAMPLE))
  const sample = places.filter((_, i) => i % stride === 0)
  const direction = new Float64Array(elements)
  const first = sample[0]!
  const far = await farthestFrom(steps, { centroids, elements, sample, from: first })
  const other = await farthestFrom(steps, { centroids, elements, sample, from: far })
  for (let i = 0; i < elements; i++) {
    direction[i] = centroids[far * elements + i]! - centroids[other * elements + i]!
  }
  for (let round = 0; round < ROUNDS; round++) {
    const keys = new Float64Array(sample.length)
    await steps.over(sample.length, (from, to) => {
      for (let i = from; i < to; i++) keys[i] = project(centroids, sample[i]!, direction)
    })
    const middle = keys.slice().sort()[keys.length >>> 1]!
    const next = new Float64Array(elements)
    let balance = 0
    await steps.over(sample.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const sign = keys[i]! < middle ? -1 : 1
        balance += sign
        const at = sample[i]! * elements
        for (let j = 0; j < elements; j++) next[j] = next[j]! + sign * centroids[at + j]!
      }
    })
    // Halves that are not equal: what one has more than the other would pull to the mean.
    if (Math.abs(balance) > sample.length / 4) return direction
    direction.set(next)
  }
  return direction
}

async function farthestFrom(
  steps: ClusterJob['steps'],
  search: {
    readonly centroids: Float32Array
    readonly elements: number
    readonly sample: Uint32Array
    readonly from: number
  },
): Promise<number> {
  const { centroids, elements, sample, from: origin } = search
  let farthest = origin
  let most = -1
  await steps.over(sample.length, (from, to) => {
    for (let i = from; i < to; i++) {
      let sum = 0
      for (let j = 0; j < elements; j++) {
        const step = centroids[sample[i]! * elements + j]! - centroids[origin * elements + j]!
        sum += step * step
      }
      if (sum <= most) continue
      most = sum
      farthest = sample[i]!
    }
  })
  return farthest
}

function project(centroids: Float32Array, centroid: number, direction: Float64Array): number {
  const at = centroid * direction.length
  let sum = 0
  for (let i = 0; i < direction.length; i++) sum += centroids[at + i]! * direction[i]!
  return sum
}
