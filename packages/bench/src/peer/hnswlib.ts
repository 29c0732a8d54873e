/**
 * The npm package `hnswlib-node` where it is installed: a development dependency, loaded when it is
 * asked for, and compiled before that where its installation did not.
 */

import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import { buildHnswlib } from './build-hnswlib.js'
import type { PeerIndex, PeerSetting, PeerVectors } from './peer-index.js'

/** Its graph: the defaults of its API. */
const [CONNECTIVITY, EF_CONSTRUCTION] = [16, 200]
const ROWS_PER_TURN = 500

/** What is used of its index. */
interface HierarchicalNsw {
  initIndex(rowsMax: number, connectivity: number, efConstruction: number): void
  addPoint(point: readonly number[], label: number): void
  setEf(ef: number): void
  searchKnn(query: readonly number[], count: number): { readonly neighbors: readonly number[] }
}

/**
 * What is used of it.
 *
 * @internal
 */
export interface Hnswlib {
  readonly HierarchicalNSW: new (space: 'cosine', dimension: number) => HierarchicalNsw
}

/**
 * Loads it; compiling it takes seconds the first time.
 *
 * @returns why not, where it does not load
 * @internal
 */
export async function loadHnswlib(): Promise<Hnswlib | string> {
  const installed = await import('hnswlib-node').then(
    (found: unknown) => (found as { readonly default: Hnswlib }).default,
    () => undefined,
  )
  if (installed !== undefined) return installed
  try {
    return createRequire(import.meta.url)(await buildHnswlib()) as Hnswlib
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * An index of it.
 *
 * @internal
 */
export class HnswlibIndex implements PeerIndex {
  readonly parameters: string = `M ${CONNECTIVITY}, efConstruction ${EF_CONSTRUCTION}`
  readonly #index: HierarchicalNsw
  readonly #vectors: PeerVectors
  /** It takes arrays of numbers only; made before the clock starts. */
  readonly #queries: readonly (readonly number[])[]

  constructor(hnswlib: Hnswlib, vectors: PeerVectors) {
    const { queries, dimension } = vectors
    this.#index = new hnswlib.HierarchicalNSW('cosine', dimension)
    this.#vectors = vectors
    this.#queries = Array.from({ length: queries.length / dimension }, (_, query) =>
      Array.from(queries.subarray(query * dimension, (query + 1) * dimension)),
    )
  }

  async build(onProgress: (rows: number) => void): Promise<void> {
    const { rows, dimension } = this.#vectors
    const rowCount = rows.length / dimension
    this.#index.initIndex(rowCount, CONNECTIVITY, EF_CONSTRUCTION)
    for (let row = 0; row < rowCount; row++) {
      const point = Array.from(rows.subarray(row * dimension, (row + 1) * dimension))
      this.#index.addPoint(point, row)
      if (row % ROWS_PER_TURN !== ROWS_PER_TURN - 1) continue
      onProgress(row + 1)
      await setImmediate()
    }
  }

  at(ef: number): PeerSetting {
    const { k } = this.#vectors
    return {
      ef,
      prepare: () => this.#index.setEf(ef),
      search: (query) => this.#index.searchKnn(this.#queries[query] ?? [], k).neighbors,
    }
  }
}
