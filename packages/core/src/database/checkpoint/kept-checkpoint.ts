/** What is remembered of a checkpoint on disk: which files it needs. */

import type { Checkpoint, CheckpointedSegment } from './checkpoint.js'

/**
 * A checkpoint that is kept.
 *
 * @internal
 */
export interface KeptCheckpoint {
  readonly number: number
  readonly lsn: bigint
  readonly byteLength: number
  /** Segments of each collection, by its id. */
  readonly segments: ReadonlyMap<number, readonly CheckpointedSegment[]>
}

/**
 * What is to be remembered of a checkpoint.
 *
 * @internal
 */
export function keptCheckpoint(checkpoint: Checkpoint, byteLength: number): KeptCheckpoint {
  const { number, lsn, collections } = checkpoint
  const segments = new Map(collections.map((saved) => [saved.id, saved.segments] as const))
  return { number, lsn, byteLength, segments }
}

/**
 * The segments of a collection that a checkpoint does not need.
 *
 * @internal
 */
export function freedSegmentsOf(
  checkpoint: KeptCheckpoint | undefined,
  collectionId: number,
): readonly number[] {
  const segments = checkpoint?.segments.get(collectionId) ?? []
  return segments.flatMap(({ freed }, index) => (freed ? [index] : []))
}
