/**
 * What users asked lately, which says more about what they will ask than the rows do. Searches are
 * calibrated with it as soon as there is some of it, and again whenever there is much more.
 */

/** Queries that are remembered. */
const REMEMBERED_MAX = 256
/** Queries after which lists are calibrated with them for the first time. */
const FIRST_DUE = 128
/** They are again when there are so many times as many. */
const DUE_GROWTH = 2

/**
 * The last queries of one collection.
 *
 * @internal
 */
export class RecentQueries {
  readonly #stride: number
  #bytes = new Uint8Array()
  /** Since the collection was opened. */
  #count = 0
  #due = FIRST_DUE

  /** @param stride - bytes of a query */
  constructor(stride: number) {
    this.#stride = stride
  }

  /** Whether so many came in since the last calibration that the next one is worth it. */
  get isDue(): boolean {
    return this.#count >= this.#due
  }

  /** Remembers a query, which is one packed row. */
  add(query: Uint8Array): void {
    if (this.#count === 0) this.#bytes = new Uint8Array(REMEMBERED_MAX * this.#stride)
    this.#bytes.set(query, (this.#count % REMEMBERED_MAX) * this.#stride)
    this.#count += 1
  }

  /** The queries that are remembered, packed, the last one last. */
  packed(): Uint8Array {
    const end = (this.#count % REMEMBERED_MAX) * this.#stride
    if (this.#count <= REMEMBERED_MAX) return this.#bytes.slice(0, this.#count * this.#stride)
    const packed = new Uint8Array(this.#bytes.length)
    packed.set(this.#bytes.subarray(end))
    packed.set(this.#bytes.subarray(0, end), packed.length - end)
    return packed
  }

  /** Says that lists were calibrated with what is remembered. */
  settle(): void {
    while (this.isDue) this.#due *= DUE_GROWTH
  }
}
