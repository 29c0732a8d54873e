/**
 * A collection as its users see it: argument checks and defaults, then on to the class that does
 * the work. No state of its own.
 */

import { throwIfReadAborted } from '../abort.js'
import { checkInteger, checkOptions, checkSignal } from '../checks.js'
import type { Dtype } from '../dtype.js'
import { StateError } from '../errors.js'
import type { IdKind } from '../id-kind.js'
import { LIMITS } from '../limits.js'
import type { Metadata, VectorId } from '../row.js'
import type { StoredSchema } from '../schema.js'
import type { Hits } from '../search/hits.js'
import { ingestRows } from './bulk/ingest-rows.js'
import type { CollectionParts, CollectionServices } from './collection-services.js'
import { parseIds } from './ids/id-input.js'
import { maintainIndex, noteQuery, optimizeIndex } from './index-work.js'
import {
  checkBatch,
  checkOptimizeOptions,
  checkSearchMany,
  checkWriteOptions,
  parseInclude,
} from './input/check-arguments.js'
import { RowRead } from './read/row-read.js'
import { RowSearch } from './read/row-search.js'
import type { CollectionState } from './state/collection-state.js'
import { type CollectionStats, collectionStats } from './state/stats.js'
import type {
  Batch,
  DeleteResult,
  IdsInput,
  IngestOptions,
  IngestResult,
  IterateOptions,
  OptimizeOptions,
  ReadOptions,
  Row,
  SearchManyOptions,
  SearchOptions,
  WriteOptions,
  WriteResult,
} from './types.js'
import { openWriter } from './write/open-writer.js'
import { reserveRows } from './write/reserve-rows.js'
import type { RowClaims } from './write/row-claim.js'
import { deleteRows } from './write/row-delete.js'
import type { RowWrite } from './write/row-write.js'
import type { VectorWriter, WriterOptions } from './write/vector-writer.js'

const WALK_KEYS = ['include', 'after', 'signal'] as const

/**
 * Vectors of one dimension and dtype, with ids and metadata.
 *
 * Every method rejects with `SLUICE_CLOSED` once the database is closed and with
 * `SLUICE_NOT_FOUND` once the collection is dropped. Arguments are checked before anything
 * changes; the caller's arrays are neither changed nor kept after a call settles.
 *
 * @typeParam M - metadata of a row, as whoever opened the collection says
 * @typeParam Id - what rows are called, likewise: `string` or `bigint`
 * @typeParam D - the element type, by the schema that was given
 * @public
 */
export class Collection<
  M extends object = Metadata,
  Id extends VectorId = VectorId,
  D extends Dtype = Dtype,
> {
  readonly #state: CollectionState
  readonly #services: CollectionServices
  readonly #write: RowWrite
  readonly #claims: RowClaims
  readonly #read: RowRead
  readonly #search: RowSearch

  /** @internal */
  constructor({ state, services, write, claims }: CollectionParts) {
    this.#state = state
    this.#services = services
    this.#write = write
    this.#claims = claims
    this.#read = new RowRead(state)
    this.#search = new RowSearch(state, services, (query) => noteQuery(state, services, query))
    maintainIndex(this.#state, this.#services)
  }

  /** The name. */
  get name(): string {
    return this.#state.name
  }

  /** The schema, with all defaults filled in. */
  get schema(): StoredSchema<D> {
    return this.#state.schema as StoredSchema<D>
  }

  /** What names the rows; undefined until the first batch decides it. */
  get idKind(): IdKind | undefined {
    return this.#state.ids?.kind
  }

  /**
   * Adds rows whose ids are new.
   *
   * @throws InvalidArgumentError `SLUICE_DUPLICATE_ID` when an id exists or occurs twice,
   * `SLUICE_NON_FINITE_VECTOR`, `SLUICE_DIMENSION_MISMATCH`, `SLUICE_SCHEMA_MISMATCH`, …
   */
  add(batch: Batch<M, Id, D>, options: WriteOptions = {}): Promise<WriteResult> {
    return this.#writeBatch('add', batch, options)
  }

  /** Writes rows, replacing those whose id exists; of rows with the same id the last one stays. */
  upsert(batch: Batch<M, Id, D>, options: WriteOptions = {}): Promise<WriteResult> {
    return this.#writeBatch('upsert', batch, options)
  }

  /**
   * Hands out room for new rows, to be filled in place and written without a copy. It waits until
   * other writes of the collection have been copied; later ones wait until the writer is over.
   *
   * @param rowCount - 1 to `LIMITS.rowsPerBatchMax`
   * @throws AbortError; StateError `SLUICE_LIMIT_EXCEEDED` when there is no memory
   */
  writer(rowCount: number, options: WriterOptions = {}): Promise<VectorWriter<M, Id, D>> {
    return this.#mutate(() => {
      const parts = { state: this.#state, write: this.#write, claims: this.#claims }
      const change = (task: () => Promise<WriteResult>): Promise<WriteResult> => this.#change(task)
      const { durability } = this.#services
      return openWriter({ ...parts, durability, change }, { rowCount, options })
    })
  }

  /**
   * Writes any number of batches, as `upsert`, at the speed of the disk. Large batches are cut and
   * small ones joined into pieces (see `ingest` of `open`). Each piece is atomic, the whole is not:
   * on failure an error of Sluice tells in `details.rowsAcknowledged` how many rows of the source
   * were acknowledged, in `details.sourceRow` at which of them it happened. What the source or
   * `onProgress` throws comes as it is.
   *
   * @param source - batches of any size; one has been copied before the next is asked for
   */
  ingest(
    source: Iterable<Batch<M, Id, D>> | AsyncIterable<Batch<M, Id, D>>,
    options: IngestOptions = {},
  ): Promise<IngestResult> {
    return this.#mutate(() =>
      ingestRows(
        { state: this.#state, services: this.#services, write: this.#write },
        source,
        options,
      ),
    )
  }

  /** Removes rows by id; ids that name nothing are passed over. */
  delete(
    target: { readonly ids: IdsInput<Id> },
    options: WriteOptions = {},
  ): Promise<DeleteResult> {
    return this.#change(() => {
      const { ids } = checkOptions('target', target, ['ids'], 'an object, { ids: […] }')
      const writeOptions = checkWriteOptions(options, this.#services.durability)
      return deleteRows({
        ...this.#services,
        state: this.#state,
        turns: this.#write.turns,
        ids: parseIds(ids, undefined),
        ...writeOptions,
      })
    })
  }

  /** Rows by id, one per id asked for, in that order; undefined where there is none. */
  get(ids: IdsInput<Id>, options: ReadOptions = {}): Promise<(Row<M, Id, D> | undefined)[]> {
    return this.#services.run(async () => {
      this.#state.checkNotDropped()
      const { include } = checkOptions('options', options, ['include'])
      const rows = this.#read.get(parseIds(ids, undefined), parseInclude(include))
      return rows as Promise<(Row<M, Id, D> | undefined)[]>
    })
  }

  /** How many rows searches see. */
  count(): Promise<number> {
    return this.#services.run(async () => {
      this.#state.checkNotDropped()
      return this.#state.alive.aliveCount
    })
  }

  /**
   * Walks through the rows in the order of insertion, as they are when the walk begins.
   *
   * @throws StateError `SLUICE_NOT_FOUND` when `after` names no row
   */
  async *iterate(options: IterateOptions<Id> = {}): AsyncGenerator<Row<M, Id, D>, void, undefined> {
    this.#services.check()
    this.#state.checkNotDropped()
    const { after, include, signal } = checkOptions('options', options, WALK_KEYS)
    const abort = checkSignal(signal)
    const rows = this.#read.walk({
      parts: parseInclude(include),
      after: after === undefined ? undefined : parseIds([after], 1),
      checkpoint: () => {
        this.#services.check()
        this.#state.checkNotDropped()
        throwIfReadAborted(abort, 'the iteration')
      },
    })
    yield* rows as AsyncGenerator<Row<M, Id, D>, void, undefined>
  }

  /**
   * The nearest rows, best first; ties in the order of insertion.
   *
   * @throws InvalidArgumentError `SLUICE_DIMENSION_MISMATCH`, `SLUICE_NON_FINITE_VECTOR`, …
   */
  search(options: SearchOptions<D>): Promise<Hits<M, Id, D>> {
    return this.#services.run(() => {
      this.#state.checkNotDropped()
      return this.#search.search(options) as Promise<Hits<M, Id, D>>
    })
  }

  /**
   * The nearest rows of many queries: for each of them, in order, the hits that `search` finds. All
   * see the rows as they are now. Beyond a millisecond of work as many threads as run at once share
   * it, but where kernels are your own or memory is not shared: the event loop goes on alone then.
   *
   * @throws InvalidArgumentError naming the bad row, `SLUICE_LIMIT_EXCEEDED`; AbortError
   */
  searchMany(options: SearchManyOptions<D>): Promise<Hits<M, Id, D>[]> {
    return this.#services.run(async () => {
      this.#state.checkNotDropped()
      const search = checkSearchMany(this.#state.schema, options)
      return this.#search.searchMany(search) as Promise<Hits<M, Id, D>[]>
    })
  }

  /** Makes room for rows ahead of a load: memory, and files where there are any. */
  reserve(rowCount: number): Promise<void> {
    return this.#mutate(async () => {
      this.#state.checkNotDropped()
      checkInteger('rowCount', rowCount, 0, LIMITS.rowsPerCollectionMax)
      await reserveRows(this.#state.store, this.#services.admission, rowCount)
    })
  }

  /**
   * Puts all rows into the best lists of the index, which otherwise happens by and by in the
   * background, and resolves when searches go through them. Writes and searches go on meanwhile.
   * Rows that are in the best lists already are searched by what was asked since they were made.
   * Does nothing where there is nothing to be gained: where searches compare every row, where rows
   * are few, or where lists do not make searches of these vectors faster.
   *
   * @throws AbortError; StateError `SLUICE_LIMIT_EXCEEDED` when there is no memory
   */
  optimize(options: OptimizeOptions = {}): Promise<void> {
    return this.#mutate(() =>
      optimizeIndex(this.#state, this.#services, checkOptimizeOptions(options)),
    )
  }

  /** Counts and sizes, now. */
  stats(): CollectionStats {
    this.#services.check()
    this.#state.checkNotDropped()
    return collectionStats(this.#state)
  }

  #writeBatch(mode: 'add' | 'upsert', batch: unknown, options: WriteOptions): Promise<WriteResult> {
    return this.#change(() => {
      const writeOptions = checkWriteOptions(options, this.#services.durability)
      return this.#write.write(checkBatch(this.#state, batch), { mode, ...writeOptions })
    })
  }

  /** A mutation that the index should hear of. */
  #change<T>(write: () => Promise<T>): Promise<T> {
    return this.#mutate(async () => {
      const result = await write()
      maintainIndex(this.#state, this.#services)
      return result
    })
  }

  #mutate<T>(operation: () => Promise<T>): Promise<T> {
    return this.#services.run(async () => {
      this.#state.checkNotDropped()
      if (this.#services.readOnly) {
        throw new StateError('SLUICE_READ_ONLY', 'the database was opened with `readOnly`')
      }
      return operation()
    })
  }
}
