/** Calls of the kernels over 1-bit codes, ready to be timed. */

import { type CodeSpace, type KernelProvider, type Metric, scalarKernels } from '@sluice/core'
import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf, codeElementsOf } from '@sluice/core/kernels'
import { Random } from '../vectors/random.js'
import type { RowSet } from './row-set.js'
import type { CallMaker, KernelCall } from './vector-kernels.js'

/** Standard deviations of an estimate that a bound leaves room for. */
const EPS = 1.9
/** Share of the rows that survive a scan, as at the depth where most of an index is read. */
const SURVIVING_SHARE = 0.01
/** Rows that are assigned in one call: each is compared with every centroid. */
const ASSIGN_ROWS_MAX = 64
const CENTROIDS = 4096
const CANDIDATES_MAX = 16
const MARGIN = 0.1

/**
 * The kernels that can be timed, by the name they have in figures.
 *
 * @internal
 */
export const CODE_KERNELS: Readonly<Record<string, CallMaker>> = {
  encode: encodes,
  buildTables: tablesOfQueries,
  scanSums: sumsOfBlocks,
  scanBlocks: survivorsOfBlocks,
  assign: assigns,
  accumulateMeans: means,
}

/** Blocks of rows, and tables of a query to scan them with. */
interface ScanSetup {
  readonly codeDimension: number
  readonly tables: Uint8Array
  readonly blocks: Uint8Array
  readonly blockCount: number
  /** Blocks of one call. */
  readonly chunkBlocks: number
  /** Bytes of a block that belong to a row. */
  readonly rowBytes: number
  readonly bound: Parameters<KernelProvider['scanBlocks']>[1]
}

function encodes(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const space = spaceOf(rows, metric)
  const rowCount = rows.chunkRows
  const blocks = new Uint8Array(blockBytes(space, rowCount))
  return {
    rowCount,
    run: () => provider.encode({ space, rows: rows.nextBytes(), rowBase: 0, blocks }),
  }
}

/** A row of a call is a query. */
function tablesOfQueries(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const space = spaceOf(rows, metric)
  const tables = new Uint8Array(4 * codeDimensionOf(rows.dtype, rows.dimension))
  const picks = rows.pickRows().subarray(0, ASSIGN_ROWS_MAX)
  return {
    rowCount: picks.length,
    run() {
      for (const row of picks) provider.buildTables(space, rows.row(row), tables)
    },
  }
}

function sumsOfBlocks(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const { blockCount, chunkBlocks, rowBytes, ...scan } = scanSetup(rows, metric)
  const out = new Uint16Array(chunkBlocks * BLOCK_ROWS)
  const next = turns(blockCount, chunkBlocks)
  return {
    rowCount: chunkBlocks * BLOCK_ROWS,
    rowBytes,
    run() {
      const from = next()
      provider.scanSums({ ...scan, from, to: from + chunkBlocks }, out)
    },
  }
}

function survivorsOfBlocks(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const { blockCount, chunkBlocks, rowBytes, bound, ...scan } = scanSetup(rows, metric)
  const room = chunkBlocks * BLOCK_ROWS
  const survivors = { rows: new Uint32Array(room), bounds: new Float32Array(room), count: 0 }
  const next = turns(blockCount, chunkBlocks)
  return {
    rowCount: room,
    rowBytes,
    run() {
      const from = next()
      survivors.count = 0
      provider.scanBlocks({ ...scan, from, to: from + chunkBlocks }, bound, survivors)
    },
  }
}

function assigns(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const space = spaceOf(rows, metric)
  const rowCount = Math.min(rows.chunkRows, ASSIGN_ROWS_MAX)
  const centroids = randomNumbers(CENTROIDS * space.mean.length, 3)
  const blocks = new Uint8Array(blockBytes(space, CENTROIDS))
  const centroidSpace = { ...space, metric: 'l2', dtype: 'float32' } as const
  provider.encode({
    space: { ...centroidSpace, dimension: space.mean.length },
    rows: new Uint8Array(centroids.buffer),
    rowBase: 0,
    blocks,
  })
  const task = { space, centroids, blocks, candidatesMax: CANDIDATES_MAX, margin: MARGIN }
  const lists = new Uint32Array(2 * rowCount)
  return {
    rowCount,
    run() {
      const some = rows.nextBytes().subarray(0, rowCount * rows.stride)
      provider.assign({ ...task, rows: some, listsPerRow: 2, lists })
    },
  }
}

function means(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const space = spaceOf(rows, metric)
  const random = new Random(5)
  // As many sums as stay in the second-level cache.
  const listCount = 64
  const lists = Uint32Array.from({ length: rows.chunkRows }, () => random.below(listCount))
  const sums = new Float64Array(listCount * space.mean.length)
  const counts = new Uint32Array(listCount)
  return {
    rowCount: rows.chunkRows,
    run: () => provider.accumulateMeans({ space, rows: rows.nextBytes(), lists, sums, counts }),
  }
}

/** Blocks of a call: half of a second-level cache, so that the call itself hardly counts. */
const CACHE_BYTES = 512 * 1024

/** All instruction sets scan the same blocks. */
const setups = new WeakMap<RowSet, ScanSetup>()

function scanSetup(rows: RowSet, metric: Metric): ScanSetup {
  const known = setups.get(rows)
  if (known !== undefined) return known
  const space = spaceOf(rows, metric)
  const codeDimension = codeDimensionOf(rows.dtype, rows.dimension)
  const { byteLength } = blockLayoutOf(codeDimension)
  const sampleRows = Math.min(rows.chunkRows, 4 * BLOCK_ROWS)
  const sample = new Uint8Array(blockBytes(space, sampleRows))
  const sampleBytes = rows.bytes.subarray(0, sampleRows * rows.stride)
  scalarKernels.encode({ space, rows: sampleBytes, rowBase: 0, blocks: sample })
  const inCache = Math.ceil(CACHE_BYTES / byteLength)
  const blockCount = Math.max(inCache, Math.floor(rows.bytes.byteLength / byteLength))
  const blocks = new Uint8Array(blockCount * byteLength)
  for (let at = 0; at < blocks.byteLength; at += sample.byteLength) {
    blocks.set(sample.subarray(0, blocks.byteLength - at), at)
  }
  const tables = new Uint8Array(4 * codeDimension)
  const terms = scalarKernels.buildTables(space, rows.row(0), tables)
  const bound = { ...terms, weight: EPS * terms.norm, threshold: Number.POSITIVE_INFINITY }
  const scan = { codeDimension, tables, blocks, from: 0, to: sample.byteLength / byteLength }
  const chunkBytes = rows.chunkRows * rows.stride
  const setup = {
    codeDimension,
    tables,
    blocks,
    blockCount,
    chunkBlocks: Math.min(blockCount, Math.max(inCache, Math.floor(chunkBytes / byteLength))),
    rowBytes: byteLength / BLOCK_ROWS,
    bound: { ...bound, threshold: thresholdOf(scan, bound) },
  }
  setups.set(rows, setup)
  return setup
}

/** What a share of some rows survives. */
function thresholdOf(
  scan: Parameters<KernelProvider['scanBlocks']>[0],
  bound: ScanSetup['bound'],
): number {
  const room = scan.to * BLOCK_ROWS
  const survivors = { rows: new Uint32Array(room), bounds: new Float32Array(room), count: 0 }
  scalarKernels.scanBlocks(scan, bound, survivors)
  const bounds = survivors.bounds.subarray(0, survivors.count).sort()
  return bounds[Math.floor(SURVIVING_SHARE * bounds.length)] ?? Number.POSITIVE_INFINITY
}

function turns(count: number, chunk: number): () => number {
  let next = 0
  return () => {
    const from = next
    next = from + 2 * chunk <= count ? from + chunk : 0
    return from
  }
}

function spaceOf({ dtype, dimension }: RowSet, metric: Metric): CodeSpace {
  const random = new Random(11)
  const signs = Float32Array.from({ length: 2 * codeDimensionOf(dtype, dimension) }, () =>
    random.below(2) === 0 ? 1 : -1,
  )
  return {
    metric,
    dtype,
    dimension,
    mean: new Float32Array(codeElementsOf(dtype, dimension)),
    signs,
  }
}

function blockBytes({ dtype, dimension }: CodeSpace, rowCount: number): number {
  const { byteLength } = blockLayoutOf(codeDimensionOf(dtype, dimension))
  return Math.ceil(rowCount / BLOCK_ROWS) * byteLength
}

function randomNumbers(count: number, seed: number): Float32Array {
  const random = new Random(seed)
  return Float32Array.from({ length: count }, () => random.normal())
}
