/** Who makes lists: a thread beside the event loop where that can be, else the event loop. Types only. */

import type { Calibration } from './calibration/calibration.js'
import type { ClusterInput, ClusterProgress } from './cluster/cluster-input.js'
import type { RowLists } from './row-lists.js'

/**
 * What a build needs from the thread that asks for it.
 *
 * @internal
 */
export interface ListBuildOptions {
  /** Memory for the blocks of lists; whoever gives it gives it back, also when the build fails. */
  readonly allocate: (byteLength: number) => Uint8Array
  /** Ends the build, which then rejects; it has let go of all memory by then. */
  readonly signal: AbortSignal
  readonly onProgress: ((progress: ClusterProgress) => void) | undefined
}

/**
 * Makes lists.
 *
 * @internal
 */
export interface ListBuilder {
  /** Makes lists of rows, and finds out how they are to be searched. */
  build(
    input: ClusterInput,
    options: ListBuildOptions,
  ): Promise<{ readonly lists: RowLists; readonly calibration: Calibration }>
}
