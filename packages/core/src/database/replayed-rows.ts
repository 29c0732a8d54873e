/**
 * The rows of one collection during a replay: are they in their segments, as the log says, or does
 * the log carry them itself.
 */

import type { CollectionState } from '../collection/collection-state.js'
import type { KernelProvider } from '../contract/index.js'
import type { RowsEntry } from '../wal/record/entry.js'

/**
 * Checks rows against the log and fills in those that only the log has.
 *
 * @internal
 */
export class ReplayedRows {
  readonly state: CollectionState
  readonly #kernels: KernelProvider
  #unspilledFrom: number | undefined

  constructor(state: CollectionState, kernels: KernelProvider) {
    this.state = state
    this.#kernels = kernels
  }

  /** Bytes of the rows from the first that is not in its segment. */
  get unspilledBytes(): number {
    if (this.#unspilledFrom === undefined) return 0
    return (this.state.visibleRows - this.#unspilledFrom) * this.state.store.stride
  }

  /** Whether the rows of a record are there; those that it carries are put in place. */
  check(entry: RowsEntry): boolean {
    if (this.#crcOf(entry) === entry.rowsCrc) return true
    const { payload } = entry
    if (payload?.byteLength !== entry.rowCount * this.state.store.stride) return false
    if (this.#kernels.crc32c(payload) !== entry.rowsCrc) return false
    this.#fill(entry, payload)
    this.#unspilledFrom ??= entry.rowBase
    return true
  }

  /** Gives back rows beyond the last record, and makes those from the log ready to be flushed. */
  async finish(): Promise<void> {
    const { store, visibleRows } = this.state
    const from = this.#unspilledFrom ?? visibleRows
    if (store.rowCount > from) store.rewind(from)
    if (from === visibleRows) return
    await store.claim(visibleRows - from)
    store.seal(visibleRows)
  }

  #crcOf(entry: RowsEntry): number {
    let crc = 0
    for (const bytes of this.#runs(entry)) crc = this.#kernels.crc32c(bytes, crc)
    return crc
  }

  #fill(entry: RowsEntry, payload: Uint8Array): void {
    let from = 0
    for (const bytes of this.#runs(entry)) {
      bytes.set(payload.subarray(from, from + bytes.byteLength))
      from += bytes.byteLength
    }
  }

  /** The bytes of the rows, segment by segment. */
  *#runs({ rowBase, rowCount }: RowsEntry): Generator<Uint8Array> {
    const { store } = this.state
    const { stride, rowsPerSegment } = store
    const end = rowBase + rowCount
    for (let row = rowBase; row < end; ) {
      const index = Math.floor(row / rowsPerSegment)
      const segment = store.segment(index)
      const to = Math.min(end, segment.rowBase + rowsPerSegment)
      const base = segment.rowBase
      yield segment.bytes.subarray((row - base) * stride, (to - base) * stride)
      row = to
    }
  }
}
