/** The space of a collection's codes: which rotation, and around which mean (docs/codes.md). */

import { codeDimensionOf, codeElementsOf } from '../code-layout.js'
import type { CodeSpace, KernelProvider } from '../contract/index.js'
import type { Dtype } from '../dtype.js'
import type { Metric } from '../metric.js'
import { rotationSigns } from '../rotation-signs.js'

/** The same for all collections: what a rotation must be is independent of the rows. */
const ROTATION_SEED = 0x51_75_1c_e1

/**
 * What rows are, and how they are compared.
 *
 * @internal
 */
export interface RowShape {
  readonly metric: Metric
  readonly dtype: Dtype
  readonly dimension: number
}

/**
 * The space around the mean of some rows.
 *
 * @param sample - runs of packed rows; at least one row
 * @internal
 */
export function createCodeSpace(
  kernels: KernelProvider,
  shape: RowShape,
  sample: readonly SampleRun[],
): CodeSpace {
  const space = blankCodeSpace(shape)
  const sums = new Float64Array(space.mean.length)
  const counts = new Uint32Array(1)
  for (const { rows, rowCount } of sample) {
    kernels.accumulateMeans({ space, rows, lists: new Uint32Array(rowCount), sums, counts })
  }
  space.mean.set(sums.map((sum) => sum / counts[0]!))
  return space
}

/**
 * A space around zero, whose mean may be set afterwards.
 *
 * @internal
 */
export function blankCodeSpace({ metric, dtype, dimension }: RowShape): CodeSpace {
  const signs = rotationSigns(codeDimensionOf(dtype, dimension), ROTATION_SEED)
  const mean = new Float32Array(codeElementsOf(dtype, dimension))
  return { metric, dtype, dimension, mean, signs }
}

/**
 * Rows that lie together.
 *
 * @internal
 */
export interface SampleRun {
  readonly rows: Uint8Array
  readonly rowCount: number
}
