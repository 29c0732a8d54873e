/** A graph index of the npm package `usearch`. */

import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { PeerIndex, PeerSetting, PeerVectors } from './peer-index.js'
import type { Usearch, UsearchGraph } from './usearch.js'

/** Its graph: the defaults of its API. */
const [CONNECTIVITY, EF_CONSTRUCTION] = [16, 128]
const ROWS_PER_TURN = 500

/**
 * An index of it. The width of searches is fixed when an index is made, so that each width has an
 * index of its own, read from a file.
 *
 * @internal
 */
export class UsearchIndex implements PeerIndex {
  readonly parameters: string = `connectivity ${CONNECTIVITY}, expansion_add ${EF_CONSTRUCTION}`
  readonly #usearch: Usearch
  readonly #vectors: PeerVectors
  readonly #file: string

  /** @param directory - takes a file of the index, which is not removed */
  constructor(usearch: Usearch, vectors: PeerVectors, directory: string) {
    this.#usearch = usearch
    this.#vectors = vectors
    this.#file = join(directory, 'graph.usearch')
  }

  async build(onProgress: (rows: number) => void): Promise<void> {
    const { rows, dimension } = this.#vectors
    const graph = this.#graph(0)
    const rowCount = rows.length / dimension
    for (let from = 0; from < rowCount; from += ROWS_PER_TURN) {
      const to = Math.min(rowCount, from + ROWS_PER_TURN)
      const keys = BigUint64Array.from({ length: to - from }, (_, i) => BigInt(from + i))
      // A copy: usearch 2.26 takes a view for its whole buffer.
      graph.add(keys, rows.slice(from * dimension, to * dimension), 1)
      onProgress(to)
      await setImmediate()
    }
    graph.save(this.#file)
  }

  at(ef: number): PeerSetting {
    const { queries, dimension, k } = this.#vectors
    const graph = this.#graph(ef)
    graph.load(this.#file)
    const slices = Array.from({ length: queries.length / dimension }, (_, query) =>
      queries.slice(query * dimension, (query + 1) * dimension),
    )
    return {
      ef,
      prepare: () => undefined,
      search: (query) => graph.search(slices[query] as Float32Array, k, 1).keys,
    }
  }

  #graph(ef: number): UsearchGraph {
    return new this.#usearch.Index({
      dimensions: this.#vectors.dimension,
      metric: 'cos',
      quantization: 'f32',
      connectivity: CONNECTIVITY,
      expansion_add: EF_CONSTRUCTION,
      expansion_search: ef,
      multi: false,
    })
  }
}
