/** Benchmark `sweep`: what the caller's batch size and the number of calls in flight matter. */

import { type Collection, LIMITS } from '@sluice/core'
import type { BenchCommand, BenchOutcome } from '../command.js'
import {
  REPEAT_OPTION,
  repeatOption,
  SHAPE_OPTIONS,
  STORAGE_OPTIONS,
  type StorageOptions,
  shapeOptions,
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
import { UsageError } from '../usage-error.js'
import { createLongStream, type LongStream } from '../vectors/long-stream.js'
import { Workload, type WorkloadShape } from '../vectors/workload.js'
import { findKnee, kneeSentence } from './knee.js'
import { type SweepRun, sweepRunLabel, sweepRunName, sweepRuns } from './sweep-run.js'
import { sweepTable } from './sweep-table.js'

const IN_FLIGHT_MAX = 1024
const QUERIES_MAX = 10_000

const OPTIONS: OptionTable = {
  batches: { value: 'numbers', fallback: '256,1024,4096,16384,65536', help: 'rows of a batch' },
  'in-flight': { value: 'numbers', fallback: '1,4,16', help: 'calls of add() at a time' },
  rows: { value: 'n', fallback: '524288', help: 'rows to load, each time' },
  ...SHAPE_OPTIONS,
  ...STORAGE_OPTIONS,
  ...REPEAT_OPTION,
  queries: { value: 'n', fallback: '20', help: 'queries for the recall' },
}

/** What all runs have in common. */
interface Plan {
  readonly shape: WorkloadShape
  readonly stream: LongStream
  readonly storage: StorageOptions
  /** Where databases and the disk probe lie. */
  readonly directory: string
  readonly figures: Figures
}

/**
 * The benchmark.
 *
 * @internal
 */
export const sweepCommand: BenchCommand = {
  name: 'sweep',
  summary: 'throughput by batch size, through one ingest and through adds in flight; the knee',
  options: OPTIONS,
  run: runSweep,
}

async function runSweep(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const batches = values.integers('batches', 1, LIMITS.rowsPerBatchMax)
  const inFlight = values.integers('in-flight', 1, IN_FLIGHT_MAX)
  const largest = Math.max(...batches)
  const shape = shapeOptions(values.with({ batch: `${largest}` }))
  const { rowCount } = shape
  if (rowCount < largest)
    throw new UsageError(`--rows takes at least ${largest}, the largest batch`)
  const queryCount = values.integer('queries', 1, QUERIES_MAX)
  const storage = storageOptions(values)
  const repeat = repeatOption(values)
  say('generating rows and the true neighbours of the queries')
  const stream = createLongStream({ shape, queryCount, k: NEIGHBOURS })
  const runs = sweepRuns({ batches, inFlight, rowCount })
  return withDirectory(storage.directory, async (directory) => {
    const figures = new Figures()
    const plan: Plan = { shape, stream, storage, directory, figures }
    const disk = new DiskLimit(storage, directory, stream.vectors.rows.byteLength)
    let done = 0
    let last: LoadResult | undefined
    await disk.measure()
    for (const run of interleaved(runs, repeat)) {
      last = await measureRun(plan, run)
      done += 1
      say(
        `${done} of ${runs.length * repeat}: ${sweepRunLabel(run)}` +
          `${run.inFlight === undefined ? ' through ingest' : ''}, ` +
          `${Math.round(last.throughput)} MB/s`,
      )
      if (done % runs.length === 0) await disk.measure()
    }
    disk.addTo(figures)
    const notes = [...summaryOf(figures, runs), ...notesOf(plan, disk, last as LoadResult)]
    const { kernels } = last as LoadResult
    const tables = [sweepTable(figures, runs)]
    return { figures, kernels, directory: storage.directory, notes, tables }
  })
}

async function measureRun(plan: Plan, run: SweepRun): Promise<LoadResult> {
  const { shape, stream, storage, directory, figures } = plan
  const { vectors, truth } = stream
  const { batchRows, inFlight } = run
  const workload = new Workload({ ...shape, batchRows }, vectors)
  const inspect = async (collection: Collection): Promise<void> =>
    figures.add('sweep.recall', 'share', await measureRecall({ collection, workload, truth }))
  const load = { workload, storage, directory, reserve: false, inspect }
  const adds = inFlight === undefined ? {} : { calls: { method: 'add' as const, inFlight } }
  const result = await measureLoad({ ...load, ...adds })
  const name = sweepRunName(run)
  figures.add(`${name}.throughput`, 'MB/s', result.throughput)
  figures.add(`${name}.cpuCores`, 'cores', result.use.cpu.cores)
  figures.add(`${name}.fsyncsPerRow`, 'syncs', result.syncs / shape.rowCount)
  figures.add('sweep.errors', 'events', result.troubles.length)
  return result
}

/** Adds how flat the curve of `ingest` is, and returns where the curves bend. */
function summaryOf(figures: Figures, runs: readonly SweepRun[]): string[] {
  const points = runs.map((run) => ({
    run,
    samples: figures.get(`${sweepRunName(run)}.throughput`)?.samples ?? [],
  }))
  const ingests = points.filter(({ run }) => run.inFlight === undefined)
  const adds = points.filter(({ run }) => run.inFlight !== undefined)
  const medians = ingests.map(({ run }) => {
    return figures.get(`${sweepRunName(run)}.throughput`)?.value ?? Number.NaN
  })
  const flatness = Math.min(...medians) / Math.max(...medians)
  figures.add('sweep.slowestToFastest', 'ratio', flatness)
  return [
    `slowest to fastest batch size through ingest: ${flatness.toFixed(2)} (medians)`,
    kneeSentence('ingest', findKnee(ingests)),
    ...(adds.length > 0 ? [kneeSentence('add', findKnee(adds))] : []),
  ]
}

function notesOf(
  { shape, storage }: Plan,
  disk: DiskLimit,
  { ingestWorkers }: LoadResult,
): string[] {
  const { rowCount, dtype, dimension, ids, metadata } = shape
  return [
    `${rowCount} rows of ${dtype}@${dimension}, ids ${ids}, metadata ${metadata}, ` +
      `log ${storage.wal}; a new database for every load`,
    acknowledgedNote(storage),
    encodedNote(ingestWorkers),
    `searches right after the load ask for a recall of ${RECALL_ASKED}`,
    disk.note,
  ]
}
