/**
 * What users asked lately, which says more about what they will ask than the rows do. A query that
 * is remembered already is not remembered twice: it would tell nothing new.
 */

import type { KernelProvider } from '../contract/index.js'

/** Queries that are remembered: as many as fit into so many bytes, within limits. */
const REMEMBERED_BYTES = 1024 * 1024
const REMEMBERED_MIN = 256
const REMEMBERED_MAX = 512

/**
 * The last queries of one collection, all different.
 *
 * @internal
 */
export class RecentQueries {
  readonly #kernels: Pick<KernelProvider, 'crc32c'>
  readonly #stride: number
  readonly #countMax: number
  #bytes = new Uint8Array()
  /** Of the queries that are remembered, by their places, … */
  readonly #checksums: Uint32Array
  /** … and to look them up. */
  readonly #remembered = new Set<number>()
  #count = 0

  /** @param stride - bytes of a query */
  constructor(kernels: Pick<KernelProvider, 'crc32c'>, stride: number) {
    this.#kernels = kernels
    this.#stride = stride
    const fitting = Math.floor(REMEMBERED_BYTES / stride)
    this.#countMax = Math.max(REMEMBERED_MIN, Math.min(REMEMBERED_MAX, fitting))
    this.#checksums = new Uint32Array(this.#countMax)
  }

  /** Queries that were new, since the collection was opened. */
  get count(): number {
    return this.#count
  }

  /** Remembers a query, which is one packed row. */
  add(query: Uint8Array): void {
    const checksum = this.#kernels.crc32c(query)
    if (this.#remembered.has(checksum)) return
    if (this.#count === 0) this.#bytes = new Uint8Array(this.#countMax * this.#stride)
    const place = this.#count % this.#countMax
    if (this.#count >= this.#countMax) this.#remembered.delete(this.#checksums[place]!)
    this.#remembered.add(checksum)
    this.#checksums[place] = checksum
    this.#bytes.set(query, place * this.#stride)
    this.#count += 1
  }

  /** The queries that are remembered, packed, the last one last. */
  packed(): Uint8Array {
    const end = (this.#count % this.#countMax) * this.#stride
    if (this.#count <= this.#countMax) return this.#bytes.slice(0, this.#count * this.#stride)
    const packed = new Uint8Array(this.#bytes.length)
    packed.set(this.#bytes.subarray(end))
    packed.set(this.#bytes.subarray(0, end), packed.length - end)
    return packed
  }
}
