/**
 * Rows of slabs in the hands of a user, who fills them in place: the one way into a collection
 * that copies no vectors. Looks after arguments and the states of the writer; the rows are the
 * claim's.
 */

import { asVectorData, type Dtype, type VectorData } from '../../dtype.js'
import { StateError } from '../../errors.js'
import type { Metadata, VectorId } from '../../row.js'
import type { CollectionState } from '../state/collection-state.js'
import type { Batch, WriteOptions, WriteResult } from '../types.js'
import type { RowClaim } from './row-claim.js'

/**
 * A run of a writer's rows that lie together.
 *
 * @typeParam D - the element type
 * @public
 */
export interface WriterSpan<D extends Dtype = Dtype> {
  /** The first of the rows, counted from the writer's first. */
  readonly row: number
  /** Rows of the run. */
  readonly rowCount: number
  /**
   * Room for their vectors: a typed array of the dtype with
   * `rowCount * elementsPerRow(dtype, dimension)` elements, row-major. What is in it at first is
   * arbitrary. Other rows lie in the same buffer: neither look beside the array nor transfer it.
   */
  readonly vectors: VectorData<D>
}

/**
 * What a writer's rows are called, and what else is known of them.
 *
 * @typeParam M - metadata of a row
 * @typeParam Id - what rows are called
 * @public
 */
export type WriterLabels<M extends object = Metadata, Id extends VectorId = VectorId> = Omit<
  Batch<M, Id>,
  'vectors'
>

/**
 * How a writer's rows are to be written.
 *
 * @public
 */
export interface CommitOptions extends WriteOptions {
  /** `add`, the default, refuses ids that exist; `upsert` replaces their rows. */
  readonly mode?: 'add' | 'upsert'
}

/**
 * How a writer is waited for.
 *
 * @public
 */
export interface WriterOptions {
  /** Gives up waiting for the rows; of no account once they are there. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What a {@link VectorWriter} is made of.
 *
 * @internal
 */
export interface VectorWriterParts {
  readonly state: CollectionState
  readonly claim: RowClaim
  /** Checks what was given to `commit`, and writes; where it throws it may reopen the claim. */
  readonly commit: (labels: unknown, options: unknown) => Promise<WriteResult>
}

/**
 * Rows to be filled in place, and then written as a whole or not at all. Until one of `commit`,
 * `abort` and the end of an `await using` scope, no other write of the collection goes on: they
 * wait, and so does a delete, even one that was called before, while it forgets its ids. Do not
 * wait for such a call before you commit: it never ends. Where one waits for a second, a `warning`
 * says so. A commit that failed has ended nothing, so abort where you do not commit again. Other
 * collections, and searches, are not held up. Closing the database, or dropping the collection,
 * aborts the writer.
 *
 * The price of not copying: the arrays of `spans` are the memory of the collection itself, and no
 * view can be taken back. Once `commit` or `abort` was called, or the database or the collection is
 * gone, nobody may write to them any more, neither here nor on another thread: the rows are being
 * checked, on their way to disk, searched, or already somebody else's. Who does so all the same
 * changes rows that were acknowledged, and their checksums fail when they are read again.
 *
 * @typeParam M - metadata of a row
 * @typeParam Id - what rows are called
 * @typeParam D - the element type
 * @public
 */
export class VectorWriter<
  M extends object = Metadata,
  Id extends VectorId = VectorId,
  D extends Dtype = Dtype,
> {
  readonly #parts: VectorWriterParts
  #spans: readonly WriterSpan<D>[] | undefined

  /** @internal */
  constructor(parts: VectorWriterParts) {
    this.#parts = parts
  }

  /** Rows to be filled. */
  get rowCount(): number {
    return this.#parts.claim.rowCount
  }

  /**
   * Where to fill them in: one span, or one for each segment that the rows lie in, in their order.
   *
   * @throws StateError `SLUICE_CLOSED` once the writer is over, `SLUICE_NOT_FOUND` once the
   * collection is dropped
   */
  get spans(): readonly WriterSpan<D>[] {
    const { claim, state } = this.#parts
    claim.check()
    this.#spans ??= claim.spans.map(({ row, rowCount, bytes }) => ({
      row: row - claim.rowBase,
      rowCount,
      vectors: asVectorData(state.schema.dtype, bytes) as VectorData<D>,
    }))
    return this.#spans
  }

  /**
   * Checks and checksums the rows where they lie, and writes them as `add` or `upsert` would. What
   * is refused has changed nothing: the writer is as it was, so put the ids, the metadata or the
   * row of the error right and commit again, or abort. It is over only after a failure of the log,
   * and where it was to be aborted during the commit.
   *
   * @throws the typed errors of `Collection.add`, as `SLUICE_NON_FINITE_VECTOR` with the row;
   * StateError `SLUICE_CLOSED` once the writer is over, `SLUICE_NOT_FOUND` once the collection is
   * dropped
   */
  async commit(
    labels: WriterLabels<M, Id> = {},
    options: CommitOptions = {},
  ): Promise<WriteResult> {
    const { claim, commit } = this.#parts
    claim.begin()
    this.#spans = undefined
    try {
      return await commit(labels, options)
    } catch (error) {
      if (claim.isBegun) {
        claim.giveBack(new StateError('SLUICE_CLOSED', 'the commit of the writer failed before'))
      }
      throw error
    }
  }

  /** Gives the rows back, or where a commit is under way, if it fails. Once it is over, nothing. */
  abort(): void {
    this.#spans = undefined
    this.#parts.claim.end(new StateError('SLUICE_CLOSED', 'the writer was aborted'))
  }

  /** Aborts; lets `await using` end a writer with its scope. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.abort()
  }
}
