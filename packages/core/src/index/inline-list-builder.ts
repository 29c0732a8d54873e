/** Makes lists on the event loop, in slices of a millisecond. */

import type { KernelProvider } from '../contract/index.js'
import { TimeSlice } from '../time-slice.js'
import { calibrate } from './calibration/calibrate.js'
import type { ClusterInput } from './cluster/cluster-input.js'
import { clusterRows } from './cluster/cluster-rows.js'
import type { ListBuilder, ListBuildOptions } from './list-builder.js'

/**
 * A builder that needs no thread.
 *
 * @internal
 */
export function createInlineListBuilder(kernels: KernelProvider): ListBuilder {
  return {
    async build(input: ClusterInput, { allocate, signal, onProgress }: ListBuildOptions) {
      const slice = new TimeSlice()
      const pause = async (): Promise<void> => {
        if (slice.isOver()) await slice.next()
        signal.throwIfAborted()
      }
      const lists = await clusterRows(kernels, input, {
        allocate: async (byteLength) => allocate(byteLength),
        step: async (progress) => {
          onProgress?.(progress)
          await pause()
        },
      })
      const { rows, queries, seed } = input
      const calibration = await calibrate(kernels, { lists, rows, queries, seed }, pause)
      return { lists, calibration }
    },
  }
}
