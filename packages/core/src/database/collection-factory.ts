/** Builds collections from the services of their database, and removes what they leave behind. */

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createIdIndex } from '../collection/ids/create-id-index.js'
import { AliveBits } from '../collection/rows/alive-bits.js'
import { RowBytes } from '../collection/rows/row-bytes.js'
import { CollectionState } from '../collection/state/collection-state.js'
import type { KernelProvider, VectorStore } from '../contract/index.js'
import { strideOf } from '../dtype.js'
import { storageErrorFrom } from '../errors.js'
import { ifThere } from '../if-there.js'
import type { ClusterRunner } from '../index/cluster/cluster-runner.js'
import { createCodeIndex } from '../index/create-code-index.js'
import type { Encoders } from '../index/encode/encode-pool.js'
import type { BuildEvent } from '../observe/events.js'
import type { Timings } from '../observe/timings.js'
import type { StoredSchema } from '../schema.js'
import { ColumnFiles } from '../segment/column-files.js'
import { guardFile } from '../segment/guard-file.js'
import { MemoryVectorStore } from '../segment/memory-store.js'
import type { SegmentHeader } from '../segment/segment-header.js'
import { rowsPerSegmentOf } from '../segment/segment-layout.js'
import { SegmentRecycler } from '../segment/segment-recycler.js'
import { SegmentVectorStore } from '../segment/segment-store.js'
import type { Warn } from '../warning.js'
import type { BudgetedAllocator } from './budgeted-allocator.js'
import { COLLECTIONS_DIRECTORY, RECYCLED_DIRECTORY } from './directory-names.js'
import { ListFile } from './list-file/list-file.js'

/** Bytes of freed segment files kept for re-use. */
const RECYCLED_BYTES_MAX = 256 * 1024 * 1024

/**
 * What collections are built from.
 *
 * @internal
 */
export interface CollectionFactoryOptions {
  /** The directory of the database; undefined for one in memory. */
  readonly directory: string | undefined
  readonly databaseId: Uint8Array
  readonly readOnly: boolean
  readonly allocator: BudgetedAllocator
  readonly kernels: KernelProvider
  readonly clusters: ClusterRunner
  readonly encoders: Encoders
  readonly timings: Timings
  readonly onBuild: (event: BuildEvent) => void
  readonly warn: Warn
}

/**
 * What names a collection.
 *
 * @internal
 */
export interface CollectionIdentity {
  readonly id: number
  readonly name: string
  readonly schema: StoredSchema
}

/**
 * Makes the state of collections.
 *
 * @internal
 */
export class CollectionFactory {
  readonly #options: CollectionFactoryOptions
  readonly #recycler: SegmentRecycler | undefined
  readonly #columnFiles = new Map<number, ColumnFiles>()
  readonly #listFiles = new Map<number, ListFile>()

  constructor(options: CollectionFactoryOptions) {
    this.#options = options
    const { directory } = options
    if (directory === undefined) return
    this.#recycler = new SegmentRecycler({
      directory: join(directory, RECYCLED_DIRECTORY),
      bytesMax: RECYCLED_BYTES_MAX,
    })
  }

  /** A collection without rows. Nothing is written yet. */
  create(identity: CollectionIdentity): CollectionState {
    const { allocator, kernels, clusters, encoders, onBuild, warn } = this.#options
    const store = this.#createStore(identity)
    return new CollectionState({
      ...identity,
      store,
      alive: new AliveBits(store.rowsPerSegment),
      metadata: new RowBytes(allocator),
      createIds: (kind) => createIdIndex(kind, allocator),
      codes: createCodeIndex({
        ...identity,
        store,
        kernels,
        allocator,
        clusters,
        encoders,
        onBuild,
        warn,
      }),
    })
  }

  /** Bytes of segment files for re-use. */
  get recycledBytes(): number {
    return this.#recycler?.heldBytes ?? 0
  }

  /** Bytes of the column files of a collection. */
  columnBytes(id: number): number {
    return this.#columnFiles.get(id)?.byteLength ?? 0
  }

  /** Bytes of the lists of a collection on disk. */
  listBytes(id: number): number {
    return this.#listFiles.get(id)?.byteLength ?? 0
  }

  /**
   * Looks how long the files are that nobody has opened, so that they can be counted.
   *
   * @throws StorageError
   */
  async measure(ids: readonly number[]): Promise<void> {
    const { directory = '' } = this.#options
    await guardFile('list', join(directory, RECYCLED_DIRECTORY), async () => this.#recycler?.load())
    for (const id of ids) await this.columnFiles(id)?.list()
  }

  /** What the header page of a segment must say. */
  segmentHeader({ id, schema, store }: CollectionState, segmentIndex: number): SegmentHeader {
    const { databaseId } = this.#options
    const { dtype, dimension, segmentBytes } = schema
    const { stride, rowsPerSegment } = store
    const shape = { dtype, dimension, stride, rowsPerSegment, segmentBytes }
    return { databaseId, collectionId: id, segmentIndex, ...shape }
  }

  /** The column files of a collection; undefined in memory. */
  columnFiles(id: number): ColumnFiles | undefined {
    const known = this.#columnFiles.get(id)
    const directory = this.#directoryOf(id)
    if (known || directory === undefined) return known
    const { databaseId, kernels, readOnly } = this.#options
    const files = new ColumnFiles({
      directory,
      databaseId,
      collectionId: id,
      readOnly,
      crc32c: (bytes, seed) => kernels.crc32c(bytes, seed),
    })
    this.#columnFiles.set(id, files)
    return files
  }

  /** The lists of a collection on disk; undefined in memory, and where it has none. */
  listFile(state: CollectionState): ListFile | undefined {
    const { id, codes, name, schema } = state
    const known = this.#listFiles.get(id)
    const directory = this.#directoryOf(id)
    if (known || directory === undefined || codes === undefined) return known
    const file = new ListFile({ ...this.#options, directory, collection: { id, name, schema } })
    this.#listFiles.set(id, file)
    return file
  }

  /** Ids of the collections that have a directory. */
  async listDirectories(): Promise<number[]> {
    const { directory } = this.#options
    if (directory === undefined) return []
    const path = join(directory, COLLECTIONS_DIRECTORY)
    try {
      const names = (await ifThere(() => readdir(path))) ?? []
      return names.filter((name) => /^\d{6}$/.test(name)).map(Number)
    } catch (error) {
      throw storageErrorFrom(error, `list ${path}`, { path })
    }
  }

  /** Removes what a crash left of collections that were dropped. */
  async removeDirectories(ids: readonly number[]): Promise<void> {
    if (this.#options.readOnly) return
    const paths = ids.flatMap((id) => this.#directoryOf(id) ?? [])
    try {
      await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })))
    } catch (error) {
      throw storageErrorFrom(error, 'remove the files of dropped collections', { paths })
    }
  }

  /** Ends a dropped collection: memory, files, directory. */
  async destroy(state: CollectionState): Promise<void> {
    this.#columnFiles.delete(state.id)
    this.#listFiles.delete(state.id)
    // Threads may be looking at rows; they end when the collection is dropped.
    await state.searches.whenQuiet()
    state.release()
    await state.codes?.whenQuiet()
    await state.store.destroy()
    const path = this.#directoryOf(state.id)
    if (path !== undefined) await rm(path, { recursive: true, force: true })
  }

  #createStore({ id, schema }: CollectionIdentity): VectorStore {
    const { databaseId, kernels, readOnly, warn, timings } = this.#options
    const { dtype, dimension, segmentBytes } = schema
    const stride = strideOf(dtype, dimension)
    const allocator = this.#options.allocator.forSlabs(rowsPerSegmentOf(segmentBytes, stride))
    const directory = this.#directoryOf(id)
    if (directory === undefined) {
      return new MemoryVectorStore({ allocator, stride, segmentBytes, warn })
    }
    return new SegmentVectorStore({
      directory,
      allocator,
      dtype,
      dimension,
      stride,
      segmentBytes,
      databaseId,
      collectionId: id,
      readOnly,
      crc32c: (bytes, seed) => kernels.crc32c(bytes, seed),
      ...(this.#recycler && !readOnly ? { recycler: this.#recycler } : {}),
      warn,
      timings,
    })
  }

  /** An opaque name: what users call a collection never becomes a path. */
  #directoryOf(id: number): string | undefined {
    const { directory } = this.#options
    if (directory === undefined) return undefined
    return join(directory, COLLECTIONS_DIRECTORY, String(id).padStart(6, '0'))
  }
}
