/**
 * The npm package `simsimd`, distances of pairs of vectors, where it is installed: a development
 * dependency, loaded when it is asked for.
 */

import type { Dtype, Metric } from '@sluice/core'

/**
 * A distance of two vectors.
 *
 * @internal
 */
export type PairDistance = (a: ArrayBufferView, b: ArrayBufferView) => number

/**
 * The operations of simsimd by name.
 *
 * @internal
 */
export type Simsimd = Readonly<Record<string, PairDistance>>

const OPERATIONS: Readonly<Record<Metric, string>> = {
  cosine: 'cosine',
  dot: 'dot',
  l2: 'sqeuclidean',
  hamming: 'hamming',
}

/** What its functions take. It has kernels for half floats too, but no typed array for them. */
const DTYPES: readonly Dtype[] = ['float64', 'float32', 'int8', 'uint8', 'bit']

/**
 * Loads it.
 *
 * @returns why not, where it does not load
 * @internal
 */
export async function loadSimsimd(): Promise<Simsimd | string> {
  try {
    return (await import('simsimd')) as unknown as Simsimd
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * The name of the operation that is a metric; undefined where it has none for the dtype.
 *
 * @internal
 */
export function simsimdOperation(metric: Metric, dtype: Dtype): string | undefined {
  return DTYPES.includes(dtype) ? OPERATIONS[metric] : undefined
}
