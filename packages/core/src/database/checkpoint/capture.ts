/**
 * What a checkpoint takes from a database in one synchronous moment: little, because visible rows
 * and their columns do not change any more, and alive bits are copied only when they change.
 */

import type { CollectionSnapshot } from '../../collection/state/collection-snapshot.js'
import { snapshotCollection } from '../../collection/state/collection-snapshot.js'
import type { CollectionState } from '../../collection/state/collection-state.js'
import type { ListSet } from '../../index/list-set.js'

/**
 * A collection, and what it was at the moment of capture.
 *
 * @internal
 */
export interface CapturedCollection {
  readonly state: CollectionState
  readonly snapshot: CollectionSnapshot
  /** The lists of its index; they may be replaced later. */
  readonly lists: ListSet | undefined
  /** Says that its rows and columns are saved: their memory may be given back from now on. */
  leave(): void
}

/**
 * A database at one LSN.
 *
 * @internal
 */
export interface Capture {
  readonly lsn: bigint
  readonly nextCollectionId: number
  readonly collections: readonly CapturedCollection[]
}

/**
 * What is captured.
 *
 * @internal
 */
export interface CaptureSource {
  /** The collections, in the order of creation. */
  readonly states: readonly CollectionState[]
  /** Above every collection id ever used. */
  readonly nextId: number
}

/**
 * Captures a database, until `endCapture`. Costs a few microseconds a collection.
 *
 * @internal
 */
export function captureDatabase(source: CaptureSource, lsn: bigint): Capture {
  return {
    lsn,
    nextCollectionId: source.nextId,
    collections: source.states.map((state) => ({
      state,
      snapshot: snapshotCollection(state),
      lists: state.codes?.set,
      leave: state.reads.enter(),
    })),
  }
}

/**
 * Says that no memory of the rows is needed any more. Calling it again changes nothing.
 *
 * @internal
 */
export function endCapture({ collections }: Capture): void {
  for (const { leave } of collections) leave()
}
