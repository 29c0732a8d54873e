/** A collection as a checkpoint file says it was. */

import { InternalError } from '../../errors.js'
import type { IdKind } from '../../id-kind.js'
import type { StoredSchema } from '../../schema.js'
import type { CheckpointedCollection, CheckpointedSegment } from './checkpoint.js'
import { aliveWordCount, type CollectionHead, lastWordMask } from './checkpoint-rules.js'
import type { SegmentEntry } from './segment-table.js'

/**
 * What a file says of rows.
 *
 * @internal
 */
export interface ReadRows {
  /** Alive bits of the segments that are neither freed nor all alive, in order. */
  readonly words: readonly Uint32Array[]
  /** See {@link CheckpointedCollection.times}. */
  readonly times: Uint32Array
}

/**
 * A collection read from a checkpoint. Keeps the alive bits of segments that had some of their own;
 * those of a segment whose rows are all alive are made anew.
 *
 * @internal
 */
export class ReadCollection implements CheckpointedCollection {
  readonly id: number
  readonly name: string
  readonly schema: StoredSchema
  readonly idKind: IdKind | undefined
  readonly nextId: number
  readonly visibleRows: number
  readonly segments: readonly CheckpointedSegment[]
  readonly times: Uint32Array
  readonly #mixed = new Map<number, Uint32Array>()

  /** @param rows - their alive bits, and when they were written */
  constructor(head: CollectionHead, entries: readonly SegmentEntry[], rows: ReadRows) {
    this.id = head.id
    this.name = head.name
    this.schema = head.schema
    this.idKind = head.idKind
    this.nextId = head.nextId
    this.visibleRows = head.visibleRows
    this.times = rows.times
    this.segments = entries.map(({ allAlive, ...segment }, index) => {
      const own = segment.freed || allAlive ? undefined : rows.words[this.#mixed.size]
      if (own) this.#mixed.set(index, own)
      return segment
    })
  }

  /** See {@link CheckpointedCollection.aliveWords}. */
  aliveWords(index: number): Uint32Array {
    const own = this.#mixed.get(index)
    if (own) return own
    const segment = this.segments[index]
    if (segment === undefined || segment.freed) {
      throw new InternalError(`segment ${index} of collection "${this.name}" has no alive bits`)
    }
    const words = new Uint32Array(aliveWordCount(segment.rowCount)).fill(0xffff_ffff)
    words[words.length - 1] = lastWordMask(segment.rowCount)
    return words
  }
}
