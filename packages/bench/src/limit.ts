/** The limit that a write path is measured against. */

import type { StorageOptions } from './common-options.js'
import type { Figures } from './figures.js'
import { probeDisk } from './probe/disk.js'

/** Beyond this a single writer is not expected to keep up with a disk. MB/s. */
const THROUGHPUT_MAX = 2000
/** More tells nothing new about a disk. */
const PROBE_BYTES_MAX = 1.5e9

/**
 * Measures the disk between repetitions; the limit of a repetition is the mean of the measurement
 * before and the one after it, so that a disk whose speed wanders is compared with itself. Where
 * nothing is written to a disk, none is measured and nothing compared with it.
 *
 * @internal
 */
export class DiskLimit {
  readonly #isUsed: boolean
  readonly #directory: string
  readonly #byteLength: number
  readonly #throughputs: number[] = []
  #direct = true

  /**
   * @param storage - where the database lies
   * @param directory - an existing folder on the disk
   * @param byteLength - what a repetition writes; at most 1.5 GB of it is probed
   */
  constructor({ wal }: Pick<StorageOptions, 'wal'>, directory: string, byteLength: number) {
    this.#isUsed = wal !== 'memory'
    this.#directory = directory
    this.#byteLength = Math.min(byteLength, PROBE_BYTES_MAX)
  }

  /** What the limit is, for the report. */
  get note(): string {
    if (!this.#isUsed) return 'log memory: nothing is written to a disk, or compared with one'
    const how = this.#direct ? 'O_DIRECT' : 'buffered'
    return `raw disk: 4 MiB writes, 4 under way, ${how}, one sync`
  }

  /** Measures once; before the first repetition and after each. */
  async measure(): Promise<void> {
    if (!this.#isUsed) return
    const { throughput, direct } = await probeDisk(this.#directory, this.#byteLength)
    this.#throughputs.push(throughput)
    this.#direct &&= direct
  }

  /**
   * A throughput (MB/s) between the last two measurements, as a share of the limit; undefined where
   * there is none.
   */
  ratioOf(throughput: number): number | undefined {
    if (!this.#isUsed) return undefined
    const recent = this.#throughputs.slice(-2)
    const disk = recent.reduce((sum, value) => sum + value, 0) / recent.length
    return throughput / Math.min(disk, THROUGHPUT_MAX)
  }

  /** Adds {@link ratioOf} under a name, where there is one. */
  addRatio(figures: Figures, name: string, throughput: number): void {
    const ratio = this.ratioOf(throughput)
    if (ratio !== undefined) figures.add(name, 'ratio', ratio)
  }

  /** Adds all measurements. */
  addTo(figures: Figures): void {
    for (const throughput of this.#throughputs) figures.add('disk.throughput', 'MB/s', throughput)
  }
}
