/**
 * Cuts the work of a clustering into stretches of half a millisecond, after each of which its host
 * may do something else, or give up. How long a stretch gets depends on the clock, what it does
 * never: results are the same whatever the cuts.
 */

import { nowMs } from '../../clock.js'
import type { ClusterHost, ClusterStage } from './cluster-input.js'

const STRETCH_MS = 0.5

/**
 * Does the items `from` to `to - 1`.
 *
 * @internal
 */
export type Stretch = (from: number, to: number) => void

/**
 * The pace of one clustering.
 *
 * @internal
 */
export class ClusterSteps {
  readonly #host: ClusterHost
  #stage: ClusterStage = 'sample'
  #rowsDone = 0
  #rowsTotal = 0

  constructor(host: ClusterHost) {
    this.#host = host
  }

  /** Enters a stage, in which {@link overRows} will go through so many rows. */
  begin(stage: ClusterStage, rowsTotal: number): void {
    this.#stage = stage
    this.#rowsDone = 0
    this.#rowsTotal = rowsTotal
  }

  /**
   * Goes through rows in their order.
   *
   * @param batchMax - rows of one stretch at most
   * @throws whatever the host's `step` rejects with
   */
  async overRows(rowCount: number, batchMax: number, stretch: Stretch): Promise<void> {
    await this.#run(rowCount, batchMax, (from, to) => {
      stretch(from, to)
      this.#rowsDone += to - from
    })
  }

  /**
   * Says that rows were gone through without {@link overRows}, or something else.
   *
   * @throws whatever the host's `step` rejects with
   */
  async passed(rowCount: number): Promise<void> {
    this.#rowsDone += rowCount
    await this.#pause()
  }

  /**
   * Goes through anything else in its order.
   *
   * @throws whatever the host's `step` rejects with
   */
  async over(count: number, stretch: Stretch): Promise<void> {
    await this.#run(count, Number.MAX_SAFE_INTEGER, stretch)
  }

  /**
   * Goes through pieces of work, each of which takes much less than half a millisecond.
   *
   * @throws whatever the host's `step` rejects with
   */
  async through(pieces: Iterator<void>): Promise<void> {
    for (let startMs = nowMs(); pieces.next().done !== true; ) {
      if (nowMs() - startMs < STRETCH_MS) continue
      await this.#pause()
      startMs = nowMs()
    }
  }

  async #run(count: number, batchMax: number, stretch: Stretch): Promise<void> {
    let batch = 1
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + batch)
      const startMs = nowMs()
      stretch(from, to)
      const tookMs = nowMs() - startMs
      if (tookMs > STRETCH_MS) batch = Math.max(1, Math.floor(batch / 2))
      else if (tookMs < STRETCH_MS / 3) batch = Math.min(batchMax, 2 * batch)
      from = to
      await this.#pause()
    }
  }

  async #pause(): Promise<void> {
    const rowsDone = this.#rowsDone
    await this.#host.step({ stage: this.#stage, rowsDone, rowsTotal: this.#rowsTotal })
  }
}
