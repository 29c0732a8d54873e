/**
 * The compute seam: stateless, coarse kernels over typed arrays. One call handles many rows,
 * because crossing into native code costs more than a row's work. Types only.
 *
 * Ordering distances: cosine `1 - cos` (a zero vector has cosine 0 with everything), dot `-dot`,
 * l2 the squared distance, hamming the number of differing bits. NaN never leaves a kernel: an
 * undefined result is `+Infinity`. Integer dtypes are accumulated exactly and rounded once.
 */

import type { Dtype } from '../dtype.js'
import type { Metric } from '../metric.js'
import type { CodeKernels } from './code-kernels.js'
import type { ListKernels } from './list-search.js'
import type { MemoryKernels } from './memory-kernels.js'
import type { NearestHeap } from './nearest-heap.js'

export type { NearestHeap } from './nearest-heap.js'

/**
 * Which provider runs, and why.
 *
 * @public
 */
export interface KernelProviderInfo {
  /** `scalar`, `native`, or a stranger's name. */
  readonly name: string
  /** Instruction set in use: `scalar`, `sse4.2`, `avx2`, … */
  readonly isa: string
  /** Why this one was chosen, or why a faster one was not, for people. */
  readonly reason: string
  /** The file it was loaded from, where there is one. */
  readonly path?: string
}

/**
 * Rows on their way from the caller's array into a slab.
 *
 * @public
 */
export interface IngestTask {
  /** Element type of the rows. */
  readonly dtype: Dtype
  /** Dimensions of a row. */
  readonly dimension: number
  /** `rowCount` packed rows. */
  readonly source: Uint8Array
  /** Room for `rowCount` packed rows; same length as `source`. */
  readonly target: Uint8Array
  /** Rows to move. */
  readonly rowCount: number
  /** crc32c of the bytes before these, 0 at the start. */
  readonly crc: number
}

/**
 * The outcome of {@link KernelProvider.ingest}.
 *
 * @public
 */
export interface IngestOutcome {
  /** The first row with a NaN, an infinity or a set padding bit; -1 when all are good. */
  readonly firstBadRow: number
  /** crc32c of the bytes so far; meaningful only when all rows are good. */
  readonly crc: number
}

/**
 * One query against a run of packed rows of the same dtype.
 *
 * @public
 */
export interface ScanTask {
  /** How rows are compared. */
  readonly metric: Metric
  /** Element type of query and rows. */
  readonly dtype: Dtype
  /** Dimensions of a row. */
  readonly dimension: number
  /** One packed row. */
  readonly query: Uint8Array
  /** Packed rows; row i starts at `i * stride`. */
  readonly rows: Uint8Array
}

/**
 * Which rows of a {@link ScanTask} compete for a place among the nearest.
 *
 * @public
 */
export interface ScanRange {
  /** First row. */
  readonly from: number
  /** Row after the last. */
  readonly to: number
  /** Added to a row's number before it enters the heap. */
  readonly rowBase: number
  /** Bit `i & 31` of word `i >>> 5` says whether row i competes. All do when undefined. */
  readonly mask?: Uint32Array
}

/**
 * The kernels. Arguments that make no sense (wrong lengths, types or numbers, detached arrays, an
 * output that overlaps an input) throw an error with code `SLUICE_INVALID_ARGUMENT`, and nothing is
 * written then; nothing is ever read or written out of bounds. Methods may need their object: wrap
 * a provider by delegation, not by spreading it.
 *
 * @public
 */
export interface KernelProvider extends CodeKernels, ListKernels, MemoryKernels {
  /** Which kernels these are. */
  readonly info: KernelProviderInfo
  /** Checks, copies and checksums rows in one pass. Copies nothing from the first bad row on. */
  ingest(task: IngestTask): IngestOutcome
  /** CRC-32C (Castagnoli, reflected 0x82F63B78, RFC 3720) of bytes, continuing from `seed`. */
  crc32c(bytes: Uint8Array, seed?: number): number
  /** Ordering distances of chosen rows: `out[i]` is that of row `rowIds[i]`. */
  distances(task: ScanTask, rowIds: Uint32Array, out: Float64Array): void
  /** Ordering distances of rows `from` to `from + out.length - 1`. */
  distancesRange(task: ScanTask, from: number, out: Float64Array): void
  /** Offers rows to a heap; repeated calls over many segments build one answer. */
  nearest(task: ScanTask, range: ScanRange, heap: NearestHeap): void
}
