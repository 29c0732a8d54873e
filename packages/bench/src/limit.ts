/** The limit that a write path is measured against. */

import { probeDisk } from './probe/disk.js'

/** Beyond this a single writer is not expected to keep up with a disk. MB/s. */
const THROUGHPUT_MAX = 2000
/** More tells nothing new about a disk. */
const PROBE_BYTES_MAX = 1.5e9

/**
 * Measures the disk between repetitions; the limit of a repetition is the mean of the measurement
 * before and the one after it, so that a disk whose speed wanders is compared with itself.
 *
 * @internal
 */
export class DiskLimit {
  readonly #directory: string
  readonly #byteLength: number
  readonly #throughputs: number[] = []
  #direct = true

  /**
   * @param directory - an existing folder on the disk
   * @param byteLength - what a repetition writes; at most 1.5 GB of it is probed
   */
  constructor(directory: string, byteLength: number) {
    this.#directory = directory
    this.#byteLength = Math.min(byteLength, PROBE_BYTES_MAX)
  }

  /** All measurements so far, in MB/s. */
  get throughputs(): readonly number[] {
    return this.#throughputs
  }

  /** Whether the disk took writes past the page cache. */
  get direct(): boolean {
    return this.#direct
  }

  /** Measures once; before the first repetition and after each. */
  async measure(): Promise<void> {
    const { throughput, direct } = await probeDisk(this.#directory, this.#byteLength)
    this.#throughputs.push(throughput)
    this.#direct &&= direct
  }

  /** A throughput (MB/s) between the last two measurements, as a share of the limit. */
  ratioOf(throughput: number): number {
    const recent = this.#throughputs.slice(-2)
    const disk = recent.reduce((sum, value) => sum + value, 0) / recent.length
    return throughput / Math.min(disk, THROUGHPUT_MAX)
  }
}
