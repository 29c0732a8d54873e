/**
 * An order of centroids in which neighbours have near numbers, so that each run of 64 of them is a
 * group: they are halved, and the halves again, each time across the direction in which a sample
 * of them falls into two parts. Runs of a length are cut by several threads.
 */

import type { ClusterJob } from './cluster-job.js'
import { GROUP_CENTROIDS } from './cluster-plan.js'
import { doTogether, finishPieces } from './do-together.js'
import { sharedNumbers } from './shared-arrays.js'
import type { OrderPart } from './work-part.js'

/** Centroids from which the direction of a cut is found. */
const SAMPLE = 256
/** Rounds of 2-means over them. */
const ROUNDS = 3
/** Centroids that are looked at in one piece of work. */
const PIECE = 64

/** Some of the centroids. */
interface Chosen extends Pick<OrderPart, 'centroids' | 'elements'> {
  readonly sample: Uint32Array
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
  const { elements } = job
  let order = sharedNumbers(centroids.length / elements)
  for (let i = 0; i < order.length; i++) order[i] = i
  let runs = [0, order.length]
  while (order.length > 0) {
    runs = longRuns(runs)
    if (runs.length === 0) break
    const next = sharedNumbers(order.length)
    next.set(order)
    const shared = sharedNumbers(runs.length)
    shared.set(runs)
    await cutRuns(job, { kind: 'order', centroids, elements, order, next, runs: shared })
    order = next
    runs = halves(runs)
  }
  return order
}

async function cutRuns({ host, steps }: ClusterJob, part: OrderPart): Promise<void> {
  const batchCount = part.runs.length / 2
  const { assistants } = host
  if (assistants === undefined) {
    for (let run = 0; run < batchCount; run++) await steps.through(cutRun(part, run))
    return
  }
  await doTogether(assistants, part, {
    batchCount,
    run: (batch) => finishPieces(cutRun(part, batch)),
    pause: () => steps.passed(0),
  })
}

/** Those that are more than a group. */
function longRuns(runs: readonly number[]): number[] {
  const long: number[] = []
  for (let i = 0; i < runs.length; i += 2) {
    const [from, to] = [runs[i]!, runs[i + 1]!]
    if (to - from > GROUP_CENTROIDS) long.push(from, to)
  }
  return long
}

/** Cut in the middle, where groups meet. */
function halves(runs: readonly number[]): number[] {
  const halved: number[] = []
  for (let i = 0; i < runs.length; i += 2) {
    const [from, to] = [runs[i]!, runs[i + 1]!]
    const groups = Math.ceil((to - from) / GROUP_CENTROIDS)
    const middle = from + Math.floor(groups / 2) * GROUP_CENTROIDS
    halved.push(from, middle, middle, to)
  }
  return halved
}

/**
 * Orders the centroids of a run, some of them at a time.
 *
 * @internal
 */
export function* cutRun(
  { centroids, elements, order, next, runs }: OrderPart,
  run: number,
): Generator<void> {
  const from = runs[2 * run]!
  const places = order.subarray(from, runs[2 * run + 1]!)
  const stride = Math.max(1, Math.floor(places.length / SAMPLE))
  const sample = places.filter((_, i) => i % stride === 0)
  const direction = yield* findDirection({ centroids, elements, sample })
  const keys = yield* project({ centroids, elements, sample: places }, direction)
  const sorted = Uint32Array.from(keys, (_, i) => i)
  sorted.sort((a, b) => keys[a]! - keys[b]! || places[a]! - places[b]!)
  for (let i = 0; i < sorted.length; i++) next[from + i] = places[sorted[i]!]!
}

/** The direction from one to the other of two means that a sample gathers around. */
function* findDirection(chosen: Chosen): Generator<void, Float64Array> {
  const { centroids, elements, sample } = chosen
  const direction = new Float64Array(elements)
  const far = yield* farthestFrom(chosen, sample[0]!)
  const other = yield* farthestFrom(chosen, far)
  for (let i = 0; i < elements; i++) {
    direction[i] = centroids[far * elements + i]! - centroids[other * elements + i]!
  }
  for (let round = 0; round < ROUNDS; round++) {
    const keys = yield* project(chosen, direction)
    const middle = keys.slice().sort()[keys.length >>> 1]!
    const next = new Float64Array(elements)
    let balance = 0
    for (let i = 0; i < sample.length; i++) {
      const sign = keys[i]! < middle ? -1 : 1
      balance += sign
      addCentroid(chosen, sample[i]!, sign, next)
      if (i % PIECE === 0) yield
    }
    // Halves that are not equal: what one has more than the other would pull to the mean.
    if (Math.abs(balance) > sample.length / 4) return direction
    direction.set(next)
  }
  return direction
}

function addCentroid(
  { centroids, elements }: Chosen,
  centroid: number,
  sign: number,
  sums: Float64Array,
): void {
  const at = centroid * elements
  for (let j = 0; j < elements; j++) sums[j] = sums[j]! + sign * centroids[at + j]!
}

function* farthestFrom(chosen: Chosen, origin: number): Generator<void, number> {
  const { sample } = chosen
  let farthest = origin
  let most = -1
  for (let i = 0; i < sample.length; i++) {
    const distance = distanceOf(chosen, sample[i]!, origin)
    if (distance > most) {
      most = distance
      farthest = sample[i]!
    }
    if (i % PIECE === 0) yield
  }
  return farthest
}

/** Four sums at once, as in {@link productOf}. */
function distanceOf({ centroids, elements }: Chosen, a: number, b: number): number {
  const [atA, atB] = [a * elements, b * elements]
  const whole = elements & ~3
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0]
  for (let j = 0; j < whole; j += 4) {
    const step0 = centroids[atA + j]! - centroids[atB + j]!
    const step1 = centroids[atA + j + 1]! - centroids[atB + j + 1]!
    const step2 = centroids[atA + j + 2]! - centroids[atB + j + 2]!
    const step3 = centroids[atA + j + 3]! - centroids[atB + j + 3]!
    sum0 += step0 * step0
    sum1 += step1 * step1
    sum2 += step2 * step2
    sum3 += step3 * step3
  }
  for (let j = whole; j < elements; j++) {
    const step = centroids[atA + j]! - centroids[atB + j]!
    sum0 += step * step
  }
  return sum0 + sum1 + (sum2 + sum3)
}

/** How far each of the sample lies in a direction. */
function* project(
  { centroids, elements, sample }: Chosen,
  direction: Float64Array,
): Generator<void, Float64Array> {
  const keys = new Float64Array(sample.length)
  for (let i = 0; i < sample.length; i++) {
    keys[i] = productOf(centroids, sample[i]! * elements, direction)
    if (i % PIECE === 0) yield
  }
  return keys
}

/** Four sums at once: one would wait for each of its additions. */
function productOf(centroids: Float32Array, at: number, direction: Float64Array): number {
  const { length } = direction
  const whole = length & ~3
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0]
  for (let j = 0; j < whole; j += 4) {
    sum0 += centroids[at + j]! * direction[j]!
    sum1 += centroids[at + j + 1]! * direction[j + 1]!
    sum2 += centroids[at + j + 2]! * direction[j + 2]!
    sum3 += centroids[at + j + 3]! * direction[j + 3]!
  }
  for (let j = whole; j < length; j++) sum0 += centroids[at + j]! * direction[j]!
  return sum0 + sum1 + (sum2 + sum3)
}
