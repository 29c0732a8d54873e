/** What every part of a clustering works with. */

import {
  type BlockLayout,
  blockLayoutOf,
  codeDimensionOf,
  codeElementsOf,
} from '../../code-layout.js'
import type { KernelProvider } from '../../contract/index.js'
import { strideOf } from '../../dtype.js'
import type { ClusterHost, ClusterInput } from './cluster-input.js'
import { ClusterSteps } from './cluster-steps.js'
import { RowGatherer } from './row-gatherer.js'

/**
 * A clustering that is going on.
 *
 * @internal
 */
export interface ClusterJob {
  readonly kernels: KernelProvider
  readonly input: ClusterInput
  readonly host: ClusterHost
  readonly steps: ClusterSteps
  readonly gatherer: RowGatherer
  /** Numbers of a row. */
  readonly elements: number
  readonly layout: BlockLayout
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
  const { dtype, dimension } = input.shape
  return {
    kernels,
    input,
    host,
    steps: new ClusterSteps(host),
    gatherer: new RowGatherer(input.rows, strideOf(dtype, dimension)),
    elements: codeElementsOf(dtype, dimension),
    layout: blockLayoutOf(codeDimensionOf(dtype, dimension)),
  }
}
