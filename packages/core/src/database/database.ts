/** A database as its users see it: collections, durability, events, stats and the end of it all. */

import type { Collection, CollectionServices } from '../collection/collection.js'
import type { CollectionState } from '../collection/collection-state.js'
import { type CollectionStats, collectionStats } from '../collection/stats.js'
import type {
  Allocator,
  AllocatorStats,
  KernelProvider,
  KernelProviderInfo,
  WalBackend,
  WalStats,
} from '../contract/index.js'
import { StateError } from '../errors.js'
import type { Admission, QueueStats } from '../ingest/admission.js'
import type { CommitLog, CommitStats } from '../ingest/commit-log.js'
import type { DatabaseEvents, Events } from '../observe/events.js'
import type { CollectionSchema } from '../schema.js'
import { Catalog } from './catalog.js'
import type { CollectionFactory } from './collection-factory.js'
import type { DirectoryLock } from './directory-lock.js'
import { Lifecycle, type LifecycleState } from './lifecycle.js'

/**
 * The parts of a {@link Database}.
 *
 * @internal
 */
export interface DatabaseParts {
  readonly path: string | undefined
  readonly walName: string
  readonly wal: WalBackend
  readonly kernels: KernelProvider
  readonly allocator: Allocator
  readonly admission: Admission
  readonly log: CommitLog
  readonly events: Events
  readonly factory: CollectionFactory
  readonly lock: DirectoryLock | undefined
  /** Ends the allocator, when it is the database's own. */
  readonly closeAllocator: (() => Promise<void>) | undefined
  readonly defaults: Pick<CollectionServices, 'durability' | 'readOnly'>
  readonly states: readonly CollectionState[]
  readonly nextCollectionId: number
}

/**
 * What the log holds, and which backend it is.
 *
 * @public
 */
export interface NamedWalStats extends WalStats {
  /** The name of the WAL backend. */
  readonly name: string
}

/**
 * What a database holds and does, now.
 *
 * @public
 */
export interface DatabaseStats {
  /** Where it is in its life; `poisoned` after an I/O error, until it is closed. */
  readonly state: LifecycleState | 'poisoned'
  /** The directory; undefined in memory. */
  readonly path: string | undefined
  /** Which kernels run, and why. */
  readonly kernels: KernelProviderInfo
  /** What the log holds, and which backend it is. */
  readonly wal: NamedWalStats
  /** What was written since opening. */
  readonly commits: CommitStats
  /** Writes under way. */
  readonly queue: QueueStats
  /** Memory of slabs and tables. */
  readonly memory: AllocatorStats
  /** The collections, by name. */
  readonly collections: Readonly<Record<string, CollectionStats>>
}

/**
 * An open database.
 *
 * @public
 */
export class Database {
  readonly #parts: DatabaseParts
  readonly #lifecycle = new Lifecycle()
  readonly #catalog: Catalog

  /** @internal */
  constructor(parts: DatabaseParts) {
    this.#parts = parts
    const { factory, log, admission, kernels, states, defaults } = parts
    const services: CollectionServices = {
      ...defaults,
      log,
      admission,
      kernels,
      closing: this.#lifecycle.closing,
      check: () => this.#lifecycle.check(),
      run: (operation) => this.#lifecycle.run(operation),
    }
    this.#catalog = new Catalog({ factory, log, services, states, nextId: parts.nextCollectionId })
  }

  /** The directory; undefined for a database in memory. */
  get path(): string | undefined {
    return this.#parts.path
  }

  /**
   * The collection with this name. With a schema it is created where there is none; where there is
   * one, every field that is given must be the same.
   *
   * @throws StateError `SLUICE_NOT_FOUND` without a schema; InvalidArgumentError
   * `SLUICE_INVALID_NAME`, `SLUICE_SCHEMA_MISMATCH`
   */
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

  /** Adds a listener for an event; returns the function that removes it. */
  on<Name extends keyof DatabaseEvents>(
    name: Name,
    listener: (event: DatabaseEvents[Name]) => void,
  ): () => void {
    return this.#parts.events.on(name, listener)
  }

  /** Counts, sizes and states, now; works in every state. */
  stats(): DatabaseStats {
    const { path, kernels, wal, walName, log, admission, allocator } = this.#parts
    return {
      state: log.poison && this.#lifecycle.state === 'open' ? 'poisoned' : this.#lifecycle.state,
      path,
      kernels: kernels.info,
      wal: { name: walName, ...wal.stats() },
      commits: log.stats(),
      queue: admission.stats(),
      memory: allocator.stats(),
      collections: Object.fromEntries(
        this.#catalog.states.map((state) => [state.name, collectionStats(state)]),
      ),
    }
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

  #checkWritable(): void {
    if (!this.#parts.defaults.readOnly) return
    throw new StateError('SLUICE_READ_ONLY', 'the database was opened with `readOnly`')
  }

  /** Ends every part, also when an earlier one fails; the first failure is the caller's. */
  async #shutDown(): Promise<void> {
    const { log, wal, lock, closeAllocator, defaults } = this.#parts
    const failures: unknown[] = []
    const steps = [
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
