/**
 * The npm package `usearch` where it is installed: a development dependency, loaded when it is
 * asked for.
 */

import type { Dtype, Metric } from '@sluice/core'

/** The arguments of its `exactSearch`. */
type ExactSearch = readonly [
  rows: ArrayBufferView,
  query: ArrayBufferView,
  dimension: number,
  count: number,
  metric: string,
  threads: number,
]

/** How a graph is made; 0 for its default. */
interface GraphShape {
  readonly dimensions: number
  readonly metric: string
  readonly quantization: string
  readonly connectivity: number
  readonly expansion_add: number
  readonly expansion_search: number
  readonly multi: boolean
}

/**
 * What is used of its index.
 *
 * @internal
 */
export interface UsearchGraph {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void
  search(
    query: Float32Array,
    count: number,
    threads: number,
  ): {
    readonly keys: BigUint64Array
  }
  save(path: string): void
  load(path: string): void
}

/**
 * What is used of it.
 *
 * @internal
 */
export interface Usearch {
  readonly Index: new (shape: GraphShape) => UsearchGraph
  /** Packed vectors against one query: its nearest, best first; key i is row i. */
  exactSearch(...search: ExactSearch): { readonly keys: BigUint64Array }
}

const METRICS: Readonly<Record<Metric, string>> = {
  cosine: 'cos',
  dot: 'ip',
  l2: 'l2sq',
  hamming: 'hamming',
}

const DTYPES: readonly Dtype[] = ['float64', 'float32', 'int8']

/**
 * Loads it.
 *
 * @returns why not, where it does not load
 * @internal
 */
export async function loadUsearch(): Promise<Usearch | string> {
  try {
    return (await import('usearch')) as unknown as Usearch
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * Its name for a metric; undefined where it takes no vectors of the dtype.
 *
 * @internal
 */
export function usearchMetric(metric: Metric, dtype: Dtype): string | undefined {
  return DTYPES.includes(dtype) ? METRICS[metric] : undefined
}
