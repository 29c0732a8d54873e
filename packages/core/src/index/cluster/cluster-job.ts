/** What every part of a clustering works with. */

import {
  type BlockLayout,
  blockLayoutOf,
  codeDimensionOf,
  codeElementsOf,
} from '../../code-layout.js'
import type { KernelProvider } from '../../contract/index.js'
import { strideOf } from '../../dtype.js'
import type { SegmentedRows } from '../row-lists.js'
import type { ClusterHost, ClusterInput } from './cluster-input.js'
import { ClusterSteps } from './cluster-steps.js'
import { RowGatherer } from './row-gatherer.js'

/**
 * What a thread needs to do some of the work.
 *
 * @internal
 */
export interface WorkTools {
  readonly kernels: KernelProvider
  readonly rows: SegmentedRows
  readonly gatherer: RowGatherer
  /** Numbers of a row. */
  readonly elements: number
  readonly layout: BlockLayout
}

/**
 * A clustering that is going on.
 *
 * @internal
 */
export interface ClusterJob extends WorkTools {
  readonly input: ClusterInput
  readonly host: ClusterHost
  readonly steps: ClusterSteps
}

/**
 * What one thread needs for the work of a clustering.
 *
 * @internal
 */
export function createWorkTools(
  kernels: KernelProvider,
  { shape, rows }: Pick<ClusterInput, 'shape' | 'rows'>,
): WorkTools {
  const { dtype, dimension } = shape
  return {
    kernels,
    rows,
    gatherer: new RowGatherer(kernels, rows, strideOf(dtype, dimension)),
    elements: codeElementsOf(dtype, dimension),
    layout: blockLayoutOf(codeDimensionOf(dtype, dimension)),
  }
}

/**
 * A clustering that begins.
 *
 * @internal
 */
export function createClusterJob(
  kernels: KernelProvider,
  input: ClusterInput,
  host: ClusterHost,
): ClusterJob {
  return { ...createWorkTools(kernels, input), input, host, steps: new ClusterSteps(host) }
}
