/** A database as its users see it: collections, durability, events, stats and the end of it all. */

import { bigintsAsText } from '../bigints-as-text.js'
import type { Collection } from '../collection/collection.js'
import type { CollectionServices } from '../collection/collection-services.js'
import type { CollectionState } from '../collection/state/collection-state.js'
import type { Dtype } from '../dtype.js'
import { StateError } from '../errors.js'
import type { DatabaseEvents } from '../observe/events.js'
import type { Metadata, VectorId } from '../row.js'
import type { CollectionSchema } from '../schema.js'
import { Catalog } from './catalog.js'
import { Checkpointer } from './checkpoint/checkpointer.js'
import { databaseMetrics } from './database-metrics.js'
import type { DatabaseParts } from './database-parts.js'
import { type DatabaseStats, databaseStats } from './database-stats.js'
import { Lifecycle } from './lifecycle.js'
import { reclaimMemory } from './reclaim.js'
import type { VerifyReport } from './verify/report.js'
import { verifyDatabase } from './verify/verify-database.js'
import { checkVerifyOptions, type VerifyOptions } from './verify/verify-options.js'

/**
 * An open database.
 *
 * @public
 */
export class Database {
  readonly #parts: DatabaseParts
  readonly #lifecycle = new Lifecycle()
  readonly #catalog: Catalog
  readonly #checkpointer: Checkpointer | undefined

  /** @internal */
  constructor(parts: DatabaseParts) {
    this.#parts = parts
    const { factory, log, admission, timings, kernels, searches, recovered, defaults } = parts
    const services: CollectionServices = {
      ...defaults,
      log,
      admission,
      timings,
      kernels,
      searches,
      searchCounts: parts.searchCounts,
      closing: this.#lifecycle.closing,
      check: () => this.#lifecycle.check(),
      run: (operation) => this.#lifecycle.run(operation),
      warn: (warning) => parts.events.emit('warning', warning),
      onIndexed: (state) => this.#checkpointer?.noteLists(state),
    }
    const { states, nextCollectionId: nextId } = recovered
    const onEvicted = (state: CollectionState): void => this.#checkpointer?.freeEvicted(state)
    this.#catalog = new Catalog({ factory, log, services, states, nextId, onEvicted })
    if (!defaults.readOnly) this.#checkpointer = this.#createCheckpointer()
    parts.setReclaim((byteLength) => this.#reclaim(byteLength))
  }

  /** The directory; undefined for a database in memory. */
  get path(): string | undefined {
    return this.#parts.path
  }

  /**
   * The collection with this name. With a schema it is created where there is none; where there is
   * one, every field that is given must be the same.
   *
   * Types: vectors have the `dtype` of the schema, `float32` where it has none, so name it when you
   * open a collection of another one. What metadata and ids are is for you to say, and to know:
   * `collection<Article, string>(…)`; with a `dtype` that is not `float32` say it here once more,
   * `collection<Article, string, 'uint8'>(…)`, or vectors may be of any.
   *
   * @typeParam M - metadata of a row
   * @typeParam Id - what rows are called: `string` or `bigint`
   * @typeParam D - the element type
   * @throws StateError `SLUICE_NOT_FOUND` without a schema; InvalidArgumentError
   * `SLUICE_INVALID_NAME`, `SLUICE_SCHEMA_MISMATCH`
   */
  collection<
    M extends object = Metadata,
    Id extends VectorId = VectorId,
    D extends Dtype = 'float32',
  >(name: string, schema: CollectionSchema<D>): Promise<Collection<M, Id, D>>
  /** The collection with this name, whatever its schema. */
  collection<M extends object = Metadata, Id extends VectorId = VectorId, D extends Dtype = Dtype>(
    name: string,
    schema?: CollectionSchema<D>,
  ): Promise<Collection<M, Id, D>>
  collection(name: string, schema?: CollectionSchema): Promise<Collection> {
    return this.#lifecycle.run(() => this.#catalog.open(name, schema))
  }

  /** Names of the collections, in the order of creation. */
  listCollections(): readonly string[] {
    this.#lifecycle.check()
    return this.#catalog.names
  }

  /**
   * Removes a collection, its rows and its files. Its other users get `SLUICE_NOT_FOUND`.
   *
   * @throws StateError `SLUICE_NOT_FOUND`
   */
  dropCollection(name: string): Promise<void> {
    return this.#lifecycle.run(() => {
      this.#checkWritable()
      return this.#catalog.drop(name)
    })
  }

  /** Makes everything written so far durable at `disk`; resolves with the LSN up to which it is. */
  flush(): Promise<bigint> {
    return this.#lifecycle.run(() => {
      this.#checkWritable()
      return this.#parts.log.sync()
    })
  }

  /**
   * Cuts the log: what it holds is written down as a checkpoint, from which the next opening
   * starts, and space of dead segments is given back. Happens by itself in the background (option
   * `checkpoint`) and at `close`; writes go on meanwhile.
   *
   * @throws StorageError when it fails; nothing is lost then, and the log stays as it is
   */
  checkpoint(): Promise<void> {
    return this.#lifecycle.run(async () => {
      this.#checkWritable()
      await this.#checkpointer?.run()
    })
  }

  /**
   * Reads the files of the database again and tells everything that is wrong with them. By default
   * that all of them are there, as long as they must be, and what they say of each other; `deep`:
   * every checksum of every byte that counts too, which reads the whole database. Writes and
   * searches go on meanwhile; checkpoints wait. In memory there is nothing to check.
   *
   * @returns what was found; damage is never thrown
   * @throws StateError `SLUICE_CLOSED`; AbortError; StorageError when the database cannot write
   * down what is to be checked, `SLUICE_POISONED` after an earlier I/O error
   */
  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return this.#lifecycle.run(async () => {
      const checked = checkVerifyOptions(options)
      const parts = this.#parts
      const { closing } = this.#lifecycle
      const target = { parts, source: this.#catalog, checkpointer: this.#checkpointer, closing }
      return verifyDatabase(target, checked)
    })
  }

  /** Adds a listener for an event; returns the function that removes it. */
  on<Name extends keyof DatabaseEvents>(
    name: Name,
    listener: (event: DatabaseEvents[Name]) => void,
  ): () => void {
    return this.#parts.events.on(name, listener)
  }

  /** Counts, sizes and states, now; works in every state. */
  stats(): DatabaseStats {
    return databaseStats({
      parts: this.#parts,
      state: this.#lifecycle.state,
      catalog: this.#catalog,
      checkpointer: this.#checkpointer,
    })
  }

  /**
   * The numbers of `stats` for Prometheus: its text exposition format 0.0.4, to be served as
   * `text/plain; version=0.0.4`. Works in every state.
   */
  metrics(): string {
    return databaseMetrics(this.stats(), this.#parts)
  }

  /**
   * Waits for writes under way, makes everything durable, and gives back files, memory and the
   * lock. Calling it again returns the same promise.
   *
   * @throws StorageError when the last sync failed; everything is given back all the same
   */
  close(): Promise<void> {
    return this.#lifecycle.close(() => this.#shutDown())
  }

  /** Closes; lets `await using` end a database with its scope. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #reclaim(byteLength: number): Promise<boolean> {
    const checkpointer = this.#checkpointer
    if (!checkpointer) return false
    await this.#catalog.evict()
    return reclaimMemory(this.#catalog.states, checkpointer, byteLength)
  }

  #createCheckpointer(): Checkpointer {
    const { log, wal, factory, checkpoints, checkpoint, recovered, events } = this.#parts
    return new Checkpointer({
      log,
      wal,
      factory,
      source: this.#catalog,
      directory: checkpoints,
      epoch: recovered.epoch + 1,
      triggers: checkpoint,
      newest: recovered.checkpoint,
      replayedBytes: recovered.replayedBytes,
      onCheckpoint: (event) => events.emit('checkpoint', bigintsAsText({ ...event })),
      onFailed: (error) =>
        events.emit('warning', {
          code: 'SLUICE_WARN_CHECKPOINT_FAILED',
          message: 'a checkpoint failed; nothing is lost, and the log grows until one succeeds',
          details: { error },
        }),
    })
  }

  #checkWritable(): void {
    if (!this.#parts.defaults.readOnly) return
    throw new StateError('SLUICE_READ_ONLY', 'the database was opened with `readOnly`')
  }

  /** Ends every part, also when an earlier one fails; the first failure is the caller's. */
  async #shutDown(): Promise<void> {
    const { log, wal, lock, clusters, encoders, searches, closeAllocator, defaults } = this.#parts
    const failures: unknown[] = []
    const steps = [
      () => clusters.close(),
      () => encoders.close(),
      () => searches.close(),
      () => this.#checkpointer?.close(),
      // A read-only log has taken nothing in and refuses even an empty append.
      () => (defaults.readOnly ? undefined : log.close()),
      () => this.#catalog.close(),
      () => wal.close(),
      () => closeAllocator?.(),
      () => lock?.release(),
    ]
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
