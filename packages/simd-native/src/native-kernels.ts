/**
 * The native kernels as a KernelProvider: every kernel, for every dtype and metric. A task of an
 * unknown dtype or metric goes to the fallback provider, which says what is wrong with it; all else
 * is for the native side to judge. Kernels over rows are here, those over codes in
 * native-code-kernels.ts, those over an index in native-list-kernels.ts.
 */

import type {
  GatherTask,
  IngestTask,
  KernelProvider,
  KernelProviderInfo,
  MemoryHelpers,
  MemoryRegion,
  NearestHeap,
  ScanRange,
  ScanTask,
} from '@sluice/core'
import { loadAddon, type NativeFunctions } from './addon.js'
import { NativeListKernels } from './native-list-kernels.js'
import { createMemoryHelpers, openRegion } from './native-regions.js'
import { DTYPE_CODES, METRIC_CODES } from './stable-codes.js'

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
 * The native kernels for this machine. Integer dtypes up to 32 bits and bits are exact; distances
 * of all others differ from exact ones by at most `(elements + 3) * 2^-53 * sum |terms|`, where a
 * 64-bit integer is the float64 next to it. Wrong arguments throw an error with code
 * `SLUICE_INVALID_ARGUMENT`.
 *
 * @param fallback - refuses what has no native kernel
 * @throws Error whose message says why native kernels cannot run here
 * @public
 */
export function createNativeKernels(fallback: KernelProvider): KernelProvider {
  const { functions, path, reason } = loadAddon()
  return new NativeKernels(functions, fallback, {
    name: 'native',
    isa: functions.isa,
    reason,
    path,
  })
}

class NativeKernels extends NativeListKernels implements KernelProvider {
  readonly info: KernelProviderInfo
  readonly memory: MemoryHelpers
  readonly #functions: NativeFunctions
  readonly #fallback: KernelProvider

  constructor(functions: NativeFunctions, fallback: KernelProvider, info: KernelProviderInfo) {
    super(functions, fallback)
    this.info = info
    this.memory = createMemoryHelpers(functions)
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
    const dtype = DTYPE_CODES[task.dtype]
    const metric = METRIC_CODES[task.metric]
    if (dtype === undefined || metric === undefined) {
      this.#fallback.distances(task, rowIds, out)
      return
    }
    const { dimension, query, rows } = task
    this.#functions.distances(metric, dtype, dimension, query, rows, rowIds, out)
  }

  distancesRange(task: ScanTask, from: number, out: Float64Array): void {
    const dtype = DTYPE_CODES[task.dtype]
    const metric = METRIC_CODES[task.metric]
    if (dtype === undefined || metric === undefined) {
      this.#fallback.distancesRange(task, from, out)
      return
    }
    const { dimension, query, rows } = task
    this.#functions.distancesRange(metric, dtype, dimension, query, rows, from, out)
  }

  nearest(task: ScanTask, range: ScanRange, heap: NearestHeap): void {
    const dtype = DTYPE_CODES[task.dtype]
    const metric = METRIC_CODES[task.metric]
    if (dtype === undefined || metric === undefined) {
      this.#fallback.nearest(task, range, heap)
      return
    }
    heap.count = this.#functions.nearest(
      metric,
      dtype,
      task.dimension,
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

  region(bytes: Uint8Array): MemoryRegion {
    return openRegion(this.#functions, bytes)
  }

  readRegion(handle: number, offset: number, target: Uint8Array): void {
    this.#functions.regionRead(handle, offset, target)
  }

  gatherRows({ segments, rowsPerSegment, rows, stride, target }: GatherTask): void {
    this.#functions.gatherRows(segments, rowsPerSegment, rows, stride, target)
  }
}
