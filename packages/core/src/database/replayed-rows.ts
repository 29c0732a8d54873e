/**
 * The rows of one collection during a replay: are they in their segments, as the log says, or does
 * the log carry them itself.
 */

import type { CollectionState } from '../collection/state/collection-state.js'
import type { KernelProvider } from '../contract/index.js'
import { combineCrc32c } from '../crc32c-combine.js'
import type { RowSpanChecksum } from '../ingest/row-writer.js'
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

  /**
   * Checks that the rows of a record are there; those that it carries are put in place.
   *
   * @returns the checksums of the rows, segment by segment; undefined when rows are missing
   */
  check(entry: RowsEntry): readonly RowSpanChecksum[] | undefined {
    const found = this.#spansOf(entry)
    if (this.#crcOf(found) === entry.rowsCrc) return found
    const { payload } = entry
    if (payload?.byteLength !== entry.rowCount * this.state.store.stride) return undefined
    if (this.#kernels.crc32c(payload) !== entry.rowsCrc) return undefined
    this.#fill(entry, payload)
    this.#unspilledFrom ??= entry.rowBase
    return this.#spansOf(entry)
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

  #spansOf(entry: RowsEntry): readonly RowSpanChecksum[] {
    const { stride } = this.state.store
    return Array.from(this.#runs(entry), (bytes) => ({
      rowCount: bytes.byteLength / stride,
      crc: this.#kernels.crc32c(bytes),
    }))
  }

  #crcOf(spans: readonly RowSpanChecksum[]): number {
    const { stride } = this.state.store
    const join = (before: number, { rowCount, crc }: RowSpanChecksum): number =>
      combineCrc32c(before, crc, rowCount * stride)
    return spans.reduce(join, 0)
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
