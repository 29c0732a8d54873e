/** Rows in memory with their index, without a database around them. Lists are used always. */

import { SlabAllocator } from '@sluice/pool'
import { onTestFinished } from 'vitest'
import { AliveBits } from '../../src/collection/rows/alive-bits.js'
import { elementsPerRow, strideOf, type VectorData } from '../../src/dtype.js'
import { ClusterRunner } from '../../src/index/cluster/cluster-runner.js'
import { CodeIndex } from '../../src/index/code-index.js'
import type { HeldCodeView } from '../../src/index/code-view.js'
import type { BuildOptions } from '../../src/index/list-maintenance.js'
import type { IndexedCollection } from '../../src/index/maintained-index.js'
import type { BuildEvent, KernelProvider } from '../../src/index.js'
import type { NearestRows } from '../../src/kernels/nearest-heap.js'
import { selectKernels } from '../../src/kernels/select.js'
import type { StoredSchema } from '../../src/schema.js'
import { exactSearch } from '../../src/search/exact-search.js'
import { nearestRows } from '../../src/search/nearest-rows.js'
import type { CodeQuery } from '../../src/search/search-query.js'
import type { SearchView } from '../../src/search/search-view.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'
import type { Warn } from '../../src/warning.js'
import { overwriting } from '../support/overwriting-allocator.js'

/** What rows are like; the rest is as usual. */
export type RowSchema = Pick<StoredSchema, 'dtype' | 'dimension' | 'metric'>

/** What a search asks for. */
export interface WantedRows {
  readonly k: number
  readonly recall: number
}

const SEGMENT_BYTES = 1024 * 1024

/** Rows and their index. */
export class IndexedRows {
  readonly index: CodeIndex
  readonly store: MemoryVectorStore
  readonly alive: AliveBits
  readonly warnings: string[] = []
  readonly events: BuildEvent[] = []
  readonly allocator: SlabAllocator
  readonly #schema: StoredSchema
  readonly #kernels: KernelProvider

  private constructor(schema: RowSchema, kernels: KernelProvider) {
    this.#schema = { ...schema, segmentBytes: SEGMENT_BYTES, index: { type: 'codes' } }
    this.#kernels = kernels
    this.allocator = new SlabAllocator({ bytesMax: 2 ** 30, backing: 'shared' })
    const stride = strideOf(schema.dtype, schema.dimension)
    const allocator = overwriting(this.allocator)
    const warn: Warn = ({ code, message }) => this.warnings.push(`${code} ${message}`)
    this.store = new MemoryVectorStore({ allocator, stride, segmentBytes: SEGMENT_BYTES, warn })
    this.alive = new AliveBits(this.store.rowsPerSegment)
    const clusters = new ClusterRunner({ kernels, areKernelsSelected: false })
    this.index = new CodeIndex({
      name: 'docs',
      schema: this.#schema,
      store: this.store,
      kernels,
      allocator,
      clusters: {
        whenCalm: async () => undefined,
        noteIngest: (byteLength) => clusters.noteIngest(byteLength),
        run: async (input, options) => {
          const made = await clusters.run(input, options)
          return { ...made, calibration: { ...made.calibration, listsPay: true } }
        },
      },
      onBuild: (event) => this.events.push(event),
      warn,
    })
    onTestFinished(async () => {
      this.index.release()
      await this.store.close()
      if (this.allocator.stats().leaseCount > 0) throw new Error('memory was not given back')
    })
  }

  /** Ends with the test. */
  static async create(schema: RowSchema, kernels?: KernelProvider): Promise<IndexedRows> {
    return new IndexedRows(schema, kernels ?? (await selectKernels('auto')))
  }

  get rowCount(): number {
    return this.store.rowCount
  }

  /** Adds rows. */
  async add(vectors: VectorData): Promise<void> {
    const source = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
    const { stride } = this.store
    const first = this.rowCount
    const { dtype, dimension } = this.#schema
    const rowCount = vectors.length / elementsPerRow(dtype, dimension)
    for (const { row, bytes } of await this.store.claim(rowCount)) {
      bytes.set(source.subarray((row - first) * stride).subarray(0, bytes.length))
    }
    this.store.seal(this.rowCount)
    this.index.seal(this.rowCount)
    await this.index.catchUp(this.rowCount, () => false)
    this.alive.setRange(first, rowCount)
  }

  /** As if rows from here on had been refused. */
  rewind(rowCount: number): void {
    this.alive.clearRange(rowCount, this.rowCount - rowCount)
    this.index.rewind(rowCount)
    this.store.rewind(rowCount)
  }

  /** The rows that are alive, in their order. */
  aliveRows(): number[] {
    const rows: number[] = []
    for (let row = 0; row < this.rowCount; row++) if (this.alive.isAlive(row)) rows.push(row)
    return rows
  }

  /** Makes lists anew. */
  optimize(options: Partial<BuildOptions> = {}): Promise<void> {
    return this.index.optimize(this.collection, {
      signal: new AbortController().signal,
      ...options,
    })
  }

  /** Does what there is to do in the background. */
  async maintain(): Promise<void> {
    await this.index.maintain(this.collection, new AbortController().signal)
  }

  get collection(): IndexedCollection {
    return {
      rows: () => ({ visibleRows: this.rowCount, aliveRows: this.alive.aliveCount }),
      aliveMask: () => this.alive.snapshot().rowMask(),
      pin: () => () => undefined,
    }
  }

  /** The nearest rows, by the index. */
  async search(vector: VectorData, wanted: WantedRows): Promise<NearestRows> {
    const { view, codes } = this.view()
    const found = await nearestRows(this.#kernels, view, this.#queryOf(vector, wanted))
    codes?.end()
    return found
  }

  /** What searches see; its codes are to be ended. */
  view(): { readonly view: SearchView; readonly codes: HeldCodeView | undefined } {
    const view = this.#view()
    const codes = this.index.view(view.visibleRows, this.alive.aliveCount)
    return { view: { ...view, codes }, codes }
  }

  /** The rows found by a search with room for all: every row it looks at that may be in it. */
  async rowsFound(vector: VectorData): Promise<number[]> {
    const { rows } = await this.search(vector, { k: 10_000, recall: 0.5 })
    return [...rows.sort()]
  }

  /** The share of the true answers that searches find. */
  async recallOf(queries: readonly VectorData[], wanted: WantedRows): Promise<number> {
    return (await this.recallsOf(queries, [wanted]))[0] ?? 0
  }

  /** The same for several things that are wanted of the same queries. */
  async recallsOf(
    queries: readonly VectorData[],
    wanted: readonly WantedRows[],
  ): Promise<readonly number[]> {
    const sums = wanted.map(() => 0)
    const all = { k: Math.max(...wanted.map(({ k }) => k)), recall: 1 }
    for (const vector of queries) {
      const truth = await exactSearch(this.#kernels, this.#view(), this.#queryOf(vector, all))
      for (const [i, each] of wanted.entries()) {
        const nearest = truth.distances.slice(0, each.k)
        const { distances } = await this.search(vector, each)
        const worst = nearest.at(-1) ?? 0
        const limit = worst + 1e-5 * Math.abs(worst) + 1e-6
        sums[i]! += distances.filter((distance) => distance <= limit).length / nearest.length
      }
    }
    return sums.map((sum) => sum / queries.length)
  }

  #queryOf(vector: VectorData, wanted: WantedRows): CodeQuery {
    return {
      ...wanted,
      vector: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
      distanceMax: Number.POSITIVE_INFINITY,
      checkpoint: () => undefined,
    }
  }

  #view() {
    const snapshot = this.alive.snapshot()
    const { dtype, dimension, metric } = this.#schema
    return {
      store: this.store,
      dtype,
      dimension,
      metric,
      visibleRows: this.rowCount,
      aliveWords: (segment: number) => snapshot.segmentWords(segment),
      firstRow: snapshot.firstRow,
      aliveMask: () => snapshot.rowMask(),
      codes: undefined,
    }
  }
}
