/** Benchmark `matrix`: bulk loads of every dtype at every dimension, beside the raw disk. */

import { type Collection, DTYPES, LIMITS } from '@sluice/core'
import type { BenchCommand, BenchOutcome } from '../command.js'
import {
  REPEAT_OPTION,
  repeatOption,
  STORAGE_OPTIONS,
  type StorageOptions,
  storageOptions,
} from '../common-options.js'
import { acknowledgedNote, encodedNote } from '../database/load-notes.js'
import { type LoadResult, measureLoad } from '../database/measure-load.js'
import { measureRecall, NEIGHBOURS, RECALL_ASKED } from '../database/measure-recall.js'
import { withDirectory } from '../database/with-directory.js'
import { Figures } from '../figures.js'
import { interleaved } from '../interleaved.js'
import { DiskLimit } from '../limit.js'
import type { OptionTable, OptionValues } from '../options.js'
import { createLongStream } from '../vectors/long-stream.js'
import { ID_FORMS, METADATA_FORMS, Workload } from '../vectors/workload.js'
import {
  type Cell,
  type CellSize,
  cellLabel,
  cellName,
  cellShape,
  cellsOf,
  plainCell,
} from './cell.js'
import { matrixTables } from './matrix-tables.js'

const BYTES_MIN = 100_000
const BYTES_MAX = 2 ** 33
const QUERIES_MAX = 10_000

const OPTIONS: OptionTable = {
  dtypes: { value: 'names', fallback: 'all', help: `some of ${DTYPES.join(', ')}` },
  dims: { value: 'numbers', fallback: '128,384,768,1536', help: 'dimensions of a vector' },
  ids: { value: 'forms', fallback: 'assigned', help: `some of ${ID_FORMS.join(', ')}` },
  metadata: { value: 'forms', fallback: 'none', help: `some of ${METADATA_FORMS.join(', ')}` },
  bytes: { value: 'n', fallback: '400000000', help: 'bytes of raw vectors of each load' },
  'batch-bytes': { value: 'n', fallback: '16777216', help: 'of a batch handed over, at most' },
  queries: { value: 'n', fallback: '20', help: 'queries for the recall' },
  seed: { value: 'n', fallback: '1', help: 'seed of the generated vectors' },
  ...STORAGE_OPTIONS,
  ...REPEAT_OPTION,
}

/** What all loads have in common. */
interface Plan {
  readonly size: CellSize
  readonly queryCount: number
  readonly storage: StorageOptions
  /** Where databases and the disk probe lie. */
  readonly directory: string
  readonly disk: DiskLimit
  readonly figures: Figures
  /** Takes the rows of each load in turn. */
  readonly memory: Uint8Array
}

/**
 * The benchmark.
 *
 * @internal
 */
export const matrixCommand: BenchCommand = {
  name: 'matrix',
  summary: 'bulk loads by dtype, dimension, ids and metadata, beside the raw disk, and recall',
  options: OPTIONS,
  run: runMatrix,
}

async function runMatrix(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const cells = cellsOf({
    dtypes: values.choices('dtypes', DTYPES),
    dimensions: values.integers('dims', 1, LIMITS.dimensionMax),
    ids: values.choices('ids', ID_FORMS),
    metadata: values.choices('metadata', METADATA_FORMS),
  })
  const size: CellSize = {
    bytes: values.integer('bytes', BYTES_MIN, BYTES_MAX),
    batchBytes: values.integer('batch-bytes', 1, BYTES_MAX),
    seed: values.integer('seed', 0, 0xffff_ffff),
  }
  const queryCount = values.integer('queries', 1, QUERIES_MAX)
  const repeat = repeatOption(values)
  const storage = storageOptions(values)
  return withDirectory(storage.directory, async (directory) => {
    const figures = new Figures()
    const disk = new DiskLimit(storage, directory, size.bytes)
    const memory = new Uint8Array(size.bytes)
    const plan: Plan = { size, queryCount, storage, directory, disk, figures, memory }
    await disk.measure()
    let done = 0
    let last: LoadResult | undefined
    for (const cell of interleaved(cells, repeat)) {
      last = await measureCell(plan, cell)
      done += 1
      const ratio = disk.ratioOf(last.throughput)
      say(
        `${done} of ${cells.length * repeat}: ${cellLabel(cell)}@${cell.dimension} ` +
          `${Math.round(last.throughput)} MB/s` +
          (ratio === undefined ? '' : `, ${ratio.toFixed(2)} of the limit`),
      )
    }
    for (const cell of cells) addPlainRatio(figures, cell)
    disk.addTo(figures)
    return {
      figures,
      kernels: (last as LoadResult).kernels,
      directory: storage.directory,
      notes: notesOf(plan, last as LoadResult),
      tables: matrixTables(figures, cells),
    }
  })
}

async function measureCell(plan: Plan, cell: Cell): Promise<LoadResult> {
  const { size, queryCount, storage, directory, disk, figures, memory } = plan
  const shape = cellShape(cell, size)
  const { vectors, truth } = createLongStream({ shape, queryCount, k: NEIGHBOURS, memory })
  const workload = new Workload(shape, vectors)
  const name = cellName(cell)
  const inspect = async (collection: Collection): Promise<void> =>
    figures.add(`${name}.recall`, 'share', await measureRecall({ collection, workload, truth }))
  const load = { workload, storage, directory, reserve: false, inspect }
  const result = await measureLoad(load)
  await disk.measure()
  figures.add(`${name}.throughput`, 'MB/s', result.throughput)
  disk.addRatio(figures, `${name}.limitRatio`, result.throughput)
  const cpuSeconds = (result.use.cpu.cores * result.use.cpu.wallMs) / 1000
  figures.add(`${name}.cpuSecondsPerGigabyte`, 's', cpuSeconds / (workload.byteLength / 1e9))
  figures.add('matrix.errors', 'events', result.troubles.length)
  return result
}

/** Each load as a share of the plain one of its round. */
function addPlainRatio(figures: Figures, cell: Cell): void {
  const [name, plainName] = [cellName(cell), cellName(plainCell(cell))]
  const plain = figures.get(`${plainName}.throughput`)?.samples
  if (name === plainName || plain === undefined) return
  figures.get(`${name}.throughput`)?.samples.forEach((throughput, round) => {
    figures.add(`${name}.plainRatio`, 'ratio', throughput / (plain[round] ?? Number.NaN))
  })
}

function notesOf({ size, storage, disk }: Plan, { ingestWorkers }: LoadResult): string[] {
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6)
  return [
    `${megabytes(size.bytes)} MB into a new database, in batches of ` +
      `${megabytes(size.batchBytes)} MB or ${LIMITS.rowsPerBatchMax} rows, log ${storage.wal}`,
    acknowledgedNote(storage),
    encodedNote(ingestWorkers),
    `searches right after the load ask for a recall of ${RECALL_ASKED}; bits: Hamming`,
    ...(storage.wal === 'memory'
      ? []
      : ['the limit is the raw disk before and after the load, or 2,000 MB/s where that is less']),
    disk.note,
  ]
}
