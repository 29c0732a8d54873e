/**
 * The collections of a database, by name: creation, lookup and removal, each recorded in the log
 * before it counts.
 */

import { checkName } from '../checks.js'
import { storedSeconds, wallClockMs } from '../clock.js'
import type { Collection } from '../collection/collection.js'
import type { CollectionServices } from '../collection/collection-services.js'
import { createCollection, type OwnedCollection } from '../collection/create-collection.js'
import { maintainIndex } from '../collection/index-work.js'
import { RowEviction } from '../collection/retention/row-eviction.js'
import type { CollectionState } from '../collection/state/collection-state.js'
import { StateError } from '../errors.js'
import type { CommitLog } from '../ingest/commit-log.js'
import { LIMITS } from '../limits.js'
import type { CollectionSchema } from '../schema.js'
import { changedRetention, checkSameSchema, completeSchema } from '../schema-check.js'
import { SerialQueue } from '../serial-queue.js'
import { CatalogCommit } from './catalog-commit.js'
import type { CollectionFactory } from './collection-factory.js'

/**
 * What a catalog is made of.
 *
 * @internal
 */
export interface CatalogOptions {
  readonly factory: CollectionFactory
  readonly log: CommitLog
  readonly services: CollectionServices
  /** Told when rows of a collection have gone for good. */
  readonly onEvicted: (state: CollectionState) => void
  /** The collections that recovery found. */
  readonly states: readonly CollectionState[]
  /** Above every id ever used. */
  readonly nextId: number
}

/** A collection, and what it is made of. */
interface Entry extends OwnedCollection {
  readonly state: CollectionState
  readonly eviction: RowEviction
}

/**
 * The collections of a database.
 *
 * @internal
 */
export class Catalog {
  readonly #options: CatalogOptions
  readonly #entries = new Map<string, Entry>()
  /** One change at a time, so that a name is created once. */
  readonly #changes = new SerialQueue()
  #nextId: number

  constructor(options: CatalogOptions) {
    this.#options = options
    this.#nextId = options.nextId
    for (const state of options.states) this.#enter(state)
  }

  /** The collections, in the order of their creation. */
  get states(): readonly CollectionState[] {
    return Array.from(this.#entries.values(), ({ state }) => state)
  }

  /** Above every id ever used. */
  get nextId(): number {
    return this.#nextId
  }

  /** Names, in the order of creation. */
  get names(): readonly string[] {
    return [...this.#entries.keys()]
  }

  /**
   * The collection with this name; created when a schema is given and there is none.
   *
   * @throws StateError `SLUICE_NOT_FOUND`; InvalidArgumentError `SLUICE_SCHEMA_MISMATCH`
   */
  async open(name: string, schema: CollectionSchema | undefined): Promise<Collection> {
    checkName(name)
    return this.#changes.run(async () => {
      const found = this.#entries.get(name)
      if (!found) return this.#create(name, schema)
      if (schema !== undefined) await this.#reconcile(found, schema)
      return found.collection
    })
  }

  /**
   * Removes a collection, its rows and its files.
   *
   * @throws StateError `SLUICE_NOT_FOUND`
   */
  async drop(name: string): Promise<void> {
    checkName(name)
    await this.#changes.run(async () => {
      const entry = this.#entries.get(name)
      if (!entry) throw notFound(name)
      const { state, closeWrites, eviction } = entry
      const { log, factory } = this.#options
      await closeWrites(async () => {
        // No record of a collection follows the one that drops it.
        eviction.end()
        const drop = { kind: 'drop' as const, collectionId: state.id }
        await log.submit(new CatalogCommit(drop, () => this.#entries.delete(name)))
        state.drop()
      })
      log.forget(state.store)
      await state.fileTurns.run(() => factory.destroy(state))
    })
  }

  /** Closes every store and releases all memory. */
  async close(): Promise<void> {
    await this.#changes.idle()
    const states = this.states
    for (const { eviction } of this.#entries.values()) eviction.end()
    this.#entries.clear()
    await Promise.all(states.map((state) => state.store.close()))
    for (const state of states) state.release()
  }

  /** Evicts the rows of capped collections that are to go now. */
  async evict(): Promise<void> {
    await Promise.all(Array.from(this.#entries.values(), ({ eviction }) => eviction.settle()))
  }

  /** Checks that a schema is that of a collection; retention alone may change. */
  async #reconcile({ state, eviction }: Entry, schema: CollectionSchema): Promise<void> {
    checkSameSchema(state.name, state.schema, schema)
    const changed = changedRetention(state.schema, schema)
    if (changed === undefined) return
    this.#checkWritable()
    const writtenSeconds = storedSeconds(wallClockMs())
    const entry = { kind: 'retain' as const, collectionId: state.id, ...changed, writtenSeconds }
    const retain = (): void => state.retain(changed.retention, writtenSeconds)
    await this.#options.log.submit(new CatalogCommit(entry, retain))
    await eviction.settle()
  }

  #checkWritable(): void {
    if (!this.#options.services.readOnly) return
    throw new StateError('SLUICE_READ_ONLY', 'the database was opened with `readOnly`')
  }

  async #create(name: string, schema: CollectionSchema | undefined): Promise<Collection> {
    if (schema === undefined) throw notFound(name)
    const stored = completeSchema(schema)
    this.#checkWritable()
    if (this.#entries.size >= LIMITS.collectionsMax) {
      const message = `a database has at most ${LIMITS.collectionsMax} collections`
      throw new StateError('SLUICE_LIMIT_EXCEEDED', message)
    }
    const { log, factory } = this.#options
    const state = factory.create({ id: this.#nextId++, name, schema: stored })
    const entry = { kind: 'create' as const, collectionId: state.id, name, schema: stored }
    let collection: Collection | undefined
    await log.submit(
      new CatalogCommit(entry, () => {
        collection = this.#enter(state)
      }),
    )
    return collection ?? this.#enter(state)
  }

  #enter(state: CollectionState): Collection {
    const { services } = this.#options
    const owned = createCollection(state, services)
    const onEvicted = (): void => {
      this.#options.onEvicted(state)
      maintainIndex(state, services)
    }
    const eviction = new RowEviction(state, { ...services, onEvicted })
    state.onSubmitted = (toRow) => eviction.begin(toRow)
    state.onShown = () => eviction.begin()
    state.whenEvicted = () => eviction.settle()
    this.#entries.set(state.name, { ...owned, state, eviction })
    eviction.begin()
    return owned.collection
  }
}

function notFound(name: string): StateError {
  const message = `there is no collection "${name}" (a schema would create it)`
  return new StateError('SLUICE_NOT_FOUND', message, { details: { collection: name } })
}
