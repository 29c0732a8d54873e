/** Benchmark `ingest`: bulk load at full speed, with the recall of what was loaded. */

import { type Collection, type IngestWorkers, LIMITS } from '@sluice/core'
import type { BenchCommand, BenchOutcome } from '../command.js'
import {
  REPEAT_OPTION,
  repeatOption,
  SHAPE_OPTIONS,
  STORAGE_OPTIONS,
  type StorageOptions,
  storageOptions,
} from '../common-options.js'
import { acknowledgedNote, encodedNote, seriesNote } from '../database/load-notes.js'
import { type LoadResult, measureLoad } from '../database/measure-load.js'
import { measureRecall, NEIGHBOURS, RECALL_ASKED } from '../database/measure-recall.js'
import { withDirectory } from '../database/with-directory.js'
import type { WriteCalls } from '../database/write-calls.js'
import { Figures } from '../figures.js'
import { DiskLimit } from '../limit.js'
import type { OptionTable, OptionValues } from '../options.js'
import { probeMemcpy } from '../probe/memory.js'
import { addUse } from '../probe/meter.js'
import { GroundTruth } from '../vectors/recall.js'
import type { Workload } from '../vectors/workload.js'
import { INGEST_SUBJECT_OPTIONS, loadIngestSubject } from './ingest-subject.js'
import { addStages, type StageTimes, timeStages } from './stage-times.js'

const IN_FLIGHT_MAX = 1024
const METHODS = ['ingest', 'add', 'writer'] as const

const OPTIONS: OptionTable = {
  batch: { value: 'n', fallback: '65536', help: 'rows of a batch handed over' },
  ...SHAPE_OPTIONS,
  ...INGEST_SUBJECT_OPTIONS,
  ...STORAGE_OPTIONS,
  ...REPEAT_OPTION,
  method: {
    value: 'name',
    fallback: 'ingest',
    help: `how batches are written: ${METHODS.join(', ')} (filled in place)`,
  },
  'in-flight': { value: 'n', fallback: '4', help: 'calls at a time, but for ingest' },
  workers: { value: 'n', fallback: 'auto', help: 'threads that encode, or auto' },
  reserve: { help: 'also measure loads into room made with reserve()' },
  optimize: { help: 'also measure loads until all rows, none like another, are in lists' },
}

/** What is done in each repetition. */
interface Plan {
  readonly workload: Workload
  /** Where the rows came from. */
  readonly note: string
  readonly truth: GroundTruth
  readonly storage: StorageOptions
  readonly ingestWorkers: IngestWorkers
  /** Where databases and the disk probe lie. */
  readonly directory: string
  readonly figures: Figures
  readonly calls: WriteCalls | undefined
  /** Takes what is measured until all rows are in lists. */
  readonly builds: StageTimes[]
}

/**
 * The benchmark.
 *
 * @internal
 */
export const ingestCommand: BenchCommand = {
  name: 'ingest',
  summary: 'bulk load: throughput at the acknowledgement beside the raw disk, and recall',
  options: OPTIONS,
  run: runIngest,
}

async function runIngest(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const storage = storageOptions(values)
  const repeat = repeatOption(values)
  const ingestWorkers = workersOption(values)
  const calls = callsOf(values)
  const { workload, note } = await loadIngestSubject(values, values.flag('optimize'), say)
  const truth = new GroundTruth(workload, NEIGHBOURS)
  return withDirectory(storage.directory, async (directory) => {
    const figures = new Figures()
    const disk = new DiskLimit(storage, directory, workload.byteLength)
    const given = { workload, note, truth, storage, ingestWorkers, directory, calls }
    const plan: Plan = { ...given, figures, builds: [] }
    figures.add('memcpy.throughput', 'MB/s', probeMemcpy())
    await disk.measure()
    let last: LoadResult | undefined
    for (let repetition = 1; repetition <= repeat; repetition++) {
      last = await repeatPlain(plan, disk)
      say(`${repetition} of ${repeat}: ${Math.round(last.throughput)} MB/s`)
      if (values.flag('reserve')) {
        const { throughput } = await repeatReserved(plan, disk)
        say(`${repetition} of ${repeat}, room reserved: ${Math.round(throughput)} MB/s`)
      }
      if (values.flag('optimize')) {
        const rowsPerSecond = await repeatClustered(plan)
        say(`${repetition} of ${repeat}, until in lists: ${Math.round(rowsPerSecond)} rows/s`)
      }
    }
    addStages(figures, plan.builds)
    disk.addTo(figures)
    const { kernels, windows, ingestWorkers: workers } = last as LoadResult
    const notes = [...notesOf(plan, disk), encodedNote(workers), seriesNote(repeat)]
    return {
      figures,
      kernels,
      directory: storage.directory,
      notes,
      series: { throughputPer100Ms: windows },
    }
  })
}

/** A load into a new database: memory and files are touched for the first time. */
async function repeatPlain(plan: Plan, disk: DiskLimit): Promise<LoadResult> {
  const { figures, workload } = plan
  const { rowCount } = workload.shape
  const result = await load(plan, false)
  await disk.measure()
  figures.add('ingest.throughput', 'MB/s', result.throughput)
  figures.add('ingest.rowsPerSecond', 'rows/s', rowCount / result.seconds)
  disk.addRatio(figures, 'ingest.limitRatio', result.throughput)
  figures.add('ingest.fsyncsPerRow', 'syncs', result.syncs / rowCount)
  figures.add('ingest.encodedShare', 'share', result.encodedShare)
  figures.add('ingest.errors', 'events', result.troubles.length)
  addUse(figures, 'ingest', result.use, rowCount)
  return result
}

/** A load into room that was made before the clock started. */
async function repeatReserved(plan: Plan, disk: DiskLimit): Promise<LoadResult> {
  const { figures } = plan
  const result = await load(plan, true)
  await disk.measure()
  figures.add('ingest.reservedThroughput', 'MB/s', result.throughput)
  disk.addRatio(figures, 'ingest.reservedLimitRatio', result.throughput)
  figures.add('ingest.errors', 'events', result.troubles.length)
  return result
}

/** A load and the making of all lists, from the first byte handed over; rows/s. */
async function repeatClustered(plan: Plan): Promise<number> {
  const { figures, workload, builds } = plan
  let buildSeconds = 0
  const result = await load(plan, false, async (collection) => {
    const build = await timeStages(collection)
    buildSeconds = build.seconds
    builds.push(build)
    const recall = await measureRecall({ collection, ...plan })
    figures.add('ingest.clusteredRecall', 'share', recall)
  })
  const rowsPerSecond = workload.shape.rowCount / (result.seconds + buildSeconds)
  figures.add('ingest.clusteredRowsPerSecond', 'rows/s', rowsPerSecond)
  figures.add('ingest.errors', 'events', result.troubles.length)
  return rowsPerSecond
}

function load(
  plan: Plan,
  reserve: boolean,
  inspect = (collection: Collection): Promise<void> => addRecall(plan, collection),
): Promise<LoadResult> {
  const { workload, storage, ingestWorkers, directory, calls } = plan
  const means = calls ? { calls } : {}
  return measureLoad({ workload, storage, ingestWorkers, directory, reserve, inspect, ...means })
}

function callsOf(values: OptionValues): WriteCalls | undefined {
  const method = values.choice('method', METHODS)
  const inFlight = values.integer('in-flight', 1, IN_FLIGHT_MAX)
  return method === 'ingest' ? undefined : { method, inFlight }
}

async function addRecall(plan: Plan, collection: Collection): Promise<void> {
  const { workload, truth, figures } = plan
  figures.add('ingest.recall', 'share', await measureRecall({ collection, workload, truth }))
}

function workersOption(values: OptionValues): IngestWorkers {
  if (values.text('workers') === 'auto') return 'auto'
  return values.integer('workers', 0, LIMITS.ingestWorkersMax)
}

function notesOf({ storage, workload, note }: Plan, disk: DiskLimit): string[] {
  const { wal } = storage
  const { rowCount, dtype, dimension, ids, metadata, batchRows } = workload.shape
  return [
    `${rowCount} rows of ${dtype}@${dimension}, ids ${ids}, metadata ${metadata}`,
    note,
    `batches of ${batchRows} rows, log ${wal}`,
    acknowledgedNote(storage),
    'encodedShare: the rows that were encoded at the last acknowledgement',
    `searches ask for a recall of ${RECALL_ASKED}`,
    disk.note,
  ]
}
