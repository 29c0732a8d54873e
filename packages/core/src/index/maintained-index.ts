/** What maintenance of lists knows of the collection and of the index. Types only. */

import type { RowMask } from '../row-mask.js'
import type { ListSet } from './list-set.js'

/**
 * The rows of the collection at one moment.
 *
 * @internal
 */
export interface IndexedRows {
  readonly visibleRows: number
  readonly aliveRows: number
}

/**
 * The collection that an index is of.
 *
 * @internal
 */
export interface IndexedCollection {
  /** Its rows, now. */
  rows(): IndexedRows
  /** Which of them are alive, now and for good. */
  aliveMask(): RowMask
  /** Keeps the memory of its rows from being given back until the function returned is called. */
  pin(): () => void
}

/**
 * The index whose lists are made.
 *
 * @internal
 */
export interface MaintainedIndex {
  /** The lists there are. */
  readonly set: ListSet | undefined
  /** Encodes rows below `toRow` that have no code. */
  catchUp(toRow: number, isOver: () => boolean): Promise<void>
  isFreed(segment: number): boolean
  /** Puts lists in place of those there are; without any, all rows go to the tail. */
  adopt(set: ListSet | undefined): void
}
