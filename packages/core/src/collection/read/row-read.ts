/**
 * Reads rows of a collection, by id and in row order. A read stays pinned from its first look at
 * the rows to its last, so that no memory vanishes under it.
 */

import { StateError } from '../../errors.js'
import type { IdBatch } from '../../id-batch.js'
import type { VectorId } from '../../row.js'
import { TimeSlice } from '../../time-slice.js'
import { NO_ROW } from '../ids/id-index.js'
import { hasAlive } from '../rows/alive-words.js'
import type { CollectionState } from '../state/collection-state.js'
import type { Include, Row } from '../types.js'
import { metadataAt, vectorAt } from './row-parts.js'

/** Which parts of a row to fetch. */
type Parts = ReadonlySet<Include>

/** Rows looked at between two looks at the clock. */
const STEP_ROWS = 256

/**
 * Where a walk through the rows starts, and what it fetches.
 *
 * @internal
 */
export interface Walk {
  readonly parts: ReadonlySet<Include>
  /** Continue after the row with this id. */
  readonly after: IdBatch | undefined
  /** Called before each row; throws to give up. */
  readonly checkpoint: () => void
}

/**
 * Reads by id and in row order.
 *
 * @internal
 */
export class RowRead {
  readonly #state: CollectionState

  constructor(state: CollectionState) {
    this.#state = state
  }

  /** Rows by id, as they are now, in the order of the ids; undefined where there is none. */
  get(ids: IdBatch, parts: Parts): Promise<(Row | undefined)[]> {
    return this.#pinned(() => this.#get(ids, parts))
  }

  async #get(ids: IdBatch, parts: Parts): Promise<(Row | undefined)[]> {
    const slice = new TimeSlice()
    const found: (Row | undefined)[] = []
    for (const row of this.#visibleRowsOf(ids)) {
      if (found.length % STEP_ROWS === STEP_ROWS - 1 && slice.isOver()) {
        await slice.next()
        this.#state.checkNotDropped()
      }
      found.push(row === NO_ROW ? undefined : this.#rowAt(row, parts))
    }
    return found
  }

  /**
   * Rows in the order of insertion, as they are at the first step: later writes do not change the
   * walk. It stays pinned until it ends or is ended with `return`.
   */
  async *walk(walk: Walk): AsyncGenerator<Row, void, undefined> {
    const leave = this.#state.reads.enter()
    try {
      yield* this.#walk(walk)
    } finally {
      leave()
    }
  }

  async *#walk(walk: Walk): AsyncGenerator<Row, void, undefined> {
    const { alive: current, store, visibleRows } = this.#state
    const { rowsPerSegment } = store
    const alive = current.snapshot()
    const slice = new TimeSlice()
    for (let row = this.#rowAfter(walk.after); row < visibleRows; ) {
      const index = Math.floor(row / rowsPerSegment)
      const end = Math.min(visibleRows, (index + 1) * rowsPerSegment)
      if (!hasAlive(alive.segmentWords(index))) row = end
      for (; row < end; row++) {
        if (row % STEP_ROWS === 0 && slice.isOver()) await slice.next()
        walk.checkpoint()
        if (alive.isAlive(row)) yield this.#rowAt(row, walk.parts)
      }
    }
  }

  async #pinned<T>(read: () => Promise<T>): Promise<T> {
    const leave = this.#state.reads.enter()
    try {
      return await read()
    } finally {
      leave()
    }
  }

  #visibleRowsOf(ids: IdBatch): Uint32Array {
    this.#state.checkIdKind(ids.kind, ids.count)
    const rows = new Uint32Array(ids.count).fill(NO_ROW)
    if (ids.count > 0) this.#state.ids?.find(ids, rows)
    this.#state.resolveVisible(rows)
    return rows
  }

  #rowAfter(after: IdBatch | undefined): number {
    if (!after) return 0
    const row = this.#visibleRowsOf(after)[0] ?? NO_ROW
    if (row !== NO_ROW) return row + 1
    throw new StateError('SLUICE_NOT_FOUND', '`after` names a row that is not in the collection')
  }

  #rowAt(row: number, parts: Parts): Row {
    const metadata = parts.has('metadata') ? metadataAt(this.#state, row) : undefined
    return {
      id: this.#idAt(row),
      ...(metadata === undefined ? {} : { metadata }),
      ...(parts.has('vector') ? { vector: vectorAt(this.#state, row) } : {}),
    }
  }

  #idAt(row: number): VectorId {
    return this.#state.ids?.idAt(row) ?? BigInt(row)
  }
}
