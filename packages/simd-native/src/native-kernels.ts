/**
 * The native kernels as a KernelProvider. Checksums and ingest are native for all dtypes; scans for
 * float32 and complex64 where the CPU has AVX2 and FMA. All else goes to the fallback provider, and
 * so does a scan whose shape makes no sense: the fallback says what is wrong with it.
 */

import type {
  Dtype,
  IngestTask,
  KernelProvider,
  KernelProviderInfo,
  Metric,
  NearestHeap,
  ScanRange,
  ScanTask,
} from '@sluice/core'
import { loadAddon, type NativeFunctions } from './addon.js'

/** The stable codes of dtypes: native/ingest/ingest.cc has the same order. */
const DTYPE_CODES: Readonly<Record<Dtype, number>> = {
  float64: 0,
  float32: 1,
  float16: 2,
  bfloat16: 3,
  int64: 4,
  uint64: 5,
  int32: 6,
  uint32: 7,
  int16: 8,
  uint16: 9,
  int8: 10,
  uint8: 11,
  complex128: 12,
  complex64: 13,
  bit: 14,
}

/** Codes of the metrics that native scans know: native/distance/scan.h has the same order. */
const METRIC_CODES: Readonly<Partial<Record<Metric, number>>> = { cosine: 0, dot: 1, l2: 2 }

/** float32 elements of a dimension, for the dtypes that native scans know. */
const FLOATS_PER_DIMENSION: Readonly<Partial<Record<Dtype, number>>> = { float32: 1, complex64: 2 }

/** The most dimensions of a vector. */
const DIMENSION_MAX = 4096

/**
 * Whether native kernels can run here.
 *
 * @public
 */
export type NativeStatus =
  | {
      /** They can. */
      readonly available: true
      /** The instruction set in use. */
      readonly isa: string
      /** The file they were loaded from. */
      readonly path: string
    }
  | {
      /** They cannot. */
      readonly available: false
      /** Why not, for people. */
      readonly reason: string
    }

/**
 * Says whether native kernels can run on this machine, and which, or why not. Never throws.
 *
 * @public
 */
export function nativeStatus(): NativeStatus {
  try {
    const { functions, path } = loadAddon()
    return { available: true, isa: functions.isa, path }
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * The native kernels for this machine. Distances of float32 rows differ from exact ones by at most
 * `(elements + 3) * 2^-53 * sum |terms|`. Wrong arguments throw an error with
 * code `SLUICE_INVALID_ARGUMENT`.
 *
 * @param fallback - does what has no native kernel
 * @throws Error whose message says why native kernels cannot run here
 * @public
 */
export function createNativeKernels(fallback: KernelProvider): KernelProvider {
  const { functions, path, reason } = loadAddon()
  return new NativeKernels(functions, fallback, {
    name: 'native',
    isa: functions.isa,
    reason: `${reason}; ${scansOf(functions)} native, other scans ${fallback.info.name}`,
    path,
  })
}

/** What of a search is native, in words. */
function scansOf({ isa }: NativeFunctions): string {
  return isa === 'avx2' ? 'ingest and scans of float32 and complex64' : 'ingest'
}

class NativeKernels implements KernelProvider {
  readonly info: KernelProviderInfo
  readonly #functions: NativeFunctions
  readonly #fallback: KernelProvider

  constructor(functions: NativeFunctions, fallback: KernelProvider, info: KernelProviderInfo) {
    this.info = info
    this.#functions = functions
    this.#fallback = fallback
  }

  crc32c(bytes: Uint8Array, seed = 0): number {
    return this.#functions.crc32c(bytes, seed)
  }

  ingest(task: IngestTask): ReturnType<KernelProvider['ingest']> {
    const code = DTYPE_CODES[task.dtype]
    // The fallback knows how to refuse an unknown dtype.
    if (code === undefined) return this.#fallback.ingest(task)
    const { dimension, source, target, rowCount, crc } = task
    const result = this.#functions.ingest(code, dimension, source, target, rowCount, crc)
    return result < 0 ? { firstBadRow: -1 - result, crc } : { firstBadRow: -1, crc: result }
  }

  distances(task: ScanTask, rowIds: Uint32Array, out: Float64Array): void {
    const elements = this.#nativeElements(task)
    const metric = METRIC_CODES[task.metric]
    if (elements === 0 || metric === undefined) {
      this.#fallback.distances(task, rowIds, out)
      return
    }
    this.#functions.distances(metric, elements, task.query, task.rows, rowIds, out)
  }

  distancesRange(task: ScanTask, from: number, out: Float64Array): void {
    const elements = this.#nativeElements(task)
    const metric = METRIC_CODES[task.metric]
    if (elements === 0 || metric === undefined) {
      this.#fallback.distancesRange(task, from, out)
      return
    }
    this.#functions.distancesRange(metric, elements, task.query, task.rows, from, out)
  }

  nearest(task: ScanTask, range: ScanRange, heap: NearestHeap): void {
    const elements = this.#nativeElements(task)
    const metric = METRIC_CODES[task.metric]
    if (elements === 0 || metric === undefined) {
      this.#fallback.nearest(task, range, heap)
      return
    }
    heap.count = this.#functions.nearest(
      metric,
      elements,
      task.query,
      task.rows,
      range.from,
      range.to,
      range.rowBase,
      range.mask,
      heap.k,
      heap.distanceMax,
      heap.distances,
      heap.rows,
      heap.count,
    )
  }

  /** float32 elements of a row that the native scans can read, or 0. */
  #nativeElements({ dtype, dimension }: ScanTask): number {
    if (!this.#functions.scansFloat32) return 0
    if (!Number.isInteger(dimension) || dimension < 1 || dimension > DIMENSION_MAX) return 0
    return dimension * (FLOATS_PER_DIMENSION[dtype] ?? 0)
  }
}
