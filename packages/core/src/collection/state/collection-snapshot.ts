/**
 * What a checkpoint takes from a collection in one synchronous moment: nothing large is copied,
 * because visible rows and their columns do not change any more, and alive bits are copied when
 * they change.
 */

import type { IdKind } from '../../id-kind.js'
import type { StoredSchema } from '../../schema.js'
import type { RowTimesSnapshot } from '../retention/row-times.js'
import type { AliveSnapshot } from '../rows/alive-bits.js'
import { hasAlive } from '../rows/alive-words.js'
import type { CollectionState } from './collection-state.js'

/**
 * A collection as searches saw it at one moment.
 *
 * @internal
 */
export interface CollectionSnapshot {
  readonly id: number
  readonly name: string
  readonly schema: StoredSchema
  /** Undefined while there are no visible rows: the first batch may still be refused. */
  readonly idKind: IdKind | undefined
  /**
   * The id after the last one of a visible row; 0 where callers give the ids. Rows on their way
   * into the log have later ids already, but the log will say so itself: what follows in it begins
   * with this id.
   */
  readonly nextId: number
  readonly visibleRows: number
  readonly alive: AliveSnapshot
  /** crc32c of the visible rows of each segment. */
  readonly checksums: Uint32Array
  /** When the visible rows were written, where that is known. */
  readonly times: RowTimesSnapshot
}

/**
 * Captures a collection. Costs a few bytes of copying a segment.
 *
 * @internal
 */
export function snapshotCollection(state: CollectionState): CollectionSnapshot {
  const { id, name, schema, visibleRows, alive, checksums, times } = state
  const ids = visibleRows > 0 ? state.ids : undefined
  return {
    id,
    name,
    schema,
    idKind: ids?.kind,
    nextId: ids?.nextIdAt(visibleRows) ?? 0,
    visibleRows,
    alive: alive.snapshot(),
    checksums: checksums.snapshot(),
    times: times.snapshot(visibleRows),
  }
}

/**
 * Whether no row of a segment was alive. Stops at the first that was.
 *
 * @internal
 */
export function segmentIsDead({ alive }: CollectionSnapshot, index: number): boolean {
  return !hasAlive(alive.segmentWords(index))
}
