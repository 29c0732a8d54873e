/**
 * A second writer: single rows, one awaited after the other, for as long as the first one writes.
 * They go to a collection of their own: in that of the first they would wait their turn behind its
 * large batches, and nobody could see what else they wait for.
 */

import { performance } from 'node:perf_hooks'
import { type Collection, type Database, LIMITS } from '@sluice/core'
import { assertSameBytes } from '../database/answers.js'
import type { TimeSpan } from '../time-span.js'
import { typedView } from '../vectors/typed-view.js'
import type { Workload } from '../vectors/workload.js'

const NAME = 'small'
/** Rows that are read back. */
const SAMPLE_ROWS = 100

/**
 * Adds the rows of a workload's ring, one by one, and remembers when.
 *
 * @internal
 */
export class SmallAdds {
  readonly #workload: Workload
  readonly #spans: TimeSpan[] = []

  constructor(workload: Workload) {
    this.#workload = workload
  }

  /** Each add, from the call to the acknowledgement, in order. */
  get spans(): readonly TimeSpan[] {
    return this.#spans
  }

  /** Bytes of the rows added; their ids are assigned. */
  get byteLength(): number {
    return this.#spans.length * this.#workload.stride
  }

  /**
   * Adds one row after the other until the signal fires.
   *
   * @throws SluiceError of an add
   */
  async run(database: Database, signal: AbortSignal): Promise<void> {
    const { dtype, dimension } = this.#workload.shape
    const schema = { dtype, dimension, segmentBytes: LIMITS.segmentBytesMin }
    const collection = await database.collection(NAME, schema)
    while (!signal.aborted) {
      const vectors = typedView(dtype, this.#workload.bytesOf(this.#spans.length))
      const startMs = performance.now()
      await collection.add({ vectors })
      this.#spans.push({ startMs, endMs: performance.now() })
    }
  }

  /**
   * Counts the rows, reads some of them back and compares them.
   *
   * @throws Error for a wrong count, or a row that is missing or differs
   */
  async check(database: Database): Promise<void> {
    const collection: Collection = await database.collection(NAME)
    const rowCount = await collection.count()
    const { length } = this.#spans
    if (rowCount !== length)
      throw new Error(`there are ${rowCount} small rows instead of ${length}`)
    const step = Math.max(1, Math.floor(length / SAMPLE_ROWS))
    for (let index = 0; index < length; index += step) {
      const [row] = await collection.get([index + 1], { include: ['vector'] })
      assertSameBytes(row?.vector, this.#workload.bytesOf(index), `small row ${index}`)
    }
  }
}
