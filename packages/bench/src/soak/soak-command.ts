/** Benchmark `soak`: a long ingest into a capped collection, and why some windows are slow. */

import { LIMITS, strideOf } from '@sluice/core'
import type { BenchCommand, BenchOutcome } from '../command.js'
import {
  CHECKPOINT_OPTIONS,
  checkpointOptions,
  SHAPE_OPTIONS,
  STORAGE_OPTIONS,
  shapeOptions,
  storageOptions,
} from '../common-options.js'
import { withDirectory } from '../database/with-directory.js'
import { type Figures, median, percentile } from '../figures.js'
import type { OptionTable, OptionValues } from '../options.js'
import { probeDiskPace } from '../probe/disk.js'
import { Workload } from '../vectors/workload.js'
import { checkAcknowledged, checkRate, fewBatchesNote } from './batch-advice.js'
import { FAULT_NAMES, type FaultName, INJECTIONS } from './inject/injections.js'
import { measureSoak, type Soak, WINDOW_MS } from './measure-soak.js'
import { SLOW_BELOW } from './name-causes.js'
import { judge, soakFigures, soakSeries } from './soak-figures.js'
import { soakText } from './soak-text.js'

const QUERIES = 50
const SECONDS_MAX = 86_400
/** The disk alone is watched before and after, for ten seconds or a twentieth of the soak. */
const PACE_WINDOWS_MAX = 100
const PACE_WINDOWS_SHARE = 20

const { ids: _, ...SHAPE } = SHAPE_OPTIONS

const OPTIONS: OptionTable = {
  seconds: { value: 's', fallback: '300', help: 'how long it is watched, in windows of 100 ms' },
  'warm-up': { value: 's', fallback: '10', help: 'how long it goes on before' },
  'rows-max': { value: 'n', fallback: '500000', help: 'rows that the collection is capped at' },
  rate: { value: 'MB/s', help: 'how fast rows are offered; left out: as fast as they are taken' },
  batch: { value: 'n', fallback: '16384', help: 'rows of a batch handed over' },
  ...SHAPE,
  ...STORAGE_OPTIONS,
  ...CHECKPOINT_OPTIONS,
  // Files of evicted rows stay until two checkpoints do without them.
  'log-bytes-max': {
    value: 'n',
    help: CHECKPOINT_OPTIONS['log-bytes-max']?.help ?? '',
    fallback: '8000000',
  },
  inject: {
    value: 'fault',
    fallback: 'none',
    help: `test the naming of causes with faults: ${FAULT_NAMES.join(', ')}`,
  },
}

/**
 * The benchmark.
 *
 * @internal
 */
export const soakCommand: BenchCommand = {
  name: 'soak',
  summary: 'a long ingest into a capped collection: windows of 100 ms, and why some are slow',
  options: OPTIONS,
  run: runSoak,
}

async function runSoak(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const rowsMax = values.integer('rows-max', 1, LIMITS.rowsPerCollectionMax / 2)
  const shape = shapeOptions(values.with({ rows: `${rowsMax}`, ids: 'assigned' }))
  const fault = values.choice<FaultName>('inject', FAULT_NAMES)
  const injection = fault === 'none' ? undefined : INJECTIONS[fault]
  const timing = {
    warmUpMs: values.number('warm-up', 0, SECONDS_MAX) * 1000,
    windowCount: Math.ceil((values.number('seconds', 0.1, SECONDS_MAX) * 1000) / WINDOW_MS),
  }
  const rate = values.text('rate') === undefined ? undefined : values.number('rate', 0.1, 1e6)
  const batch = {
    rows: shape.batchRows,
    bytes: shape.batchRows * strideOf(shape.dtype, shape.dimension),
  }
  checkRate(rate, batch, WINDOW_MS)
  const storage = storageOptions(values)
  const checkpoint = checkpointOptions(values)
  say('generating rows')
  const workload = new Workload(shape, QUERIES)
  const soak: Soak = { workload, storage, checkpoint, rowsMax, rate, injection, ...timing }
  say('measuring the disk')
  const directory = storage.wal === 'memory' ? undefined : storage.directory
  const pace = await diskPace(directory, timing.windowCount)
  say(`ingesting, at first for ${timing.warmUpMs / 1000} s unwatched`)
  const result = await measureSoak(soak)
  say('measuring the disk again')
  pace.push(...(await diskPace(directory, timing.windowCount)))
  const judged = judge(result)
  checkAcknowledged(judged, batch)
  const figures = soakFigures(result, judged, injection?.cause)
  addDiskPace(figures, pace)
  const few = fewBatchesNote(judged, batch)
  return {
    figures,
    kernels: result.kernels,
    directory: storage.directory,
    notes: [...notesOf(soak, fault), ...(few === undefined ? [] : [few])],
    details: soakText(result, judged),
    series: soakSeries(result, judged),
  }
}

/** MB/s of the disk alone, in windows like those of the soak. */
async function diskPace(directory: string | undefined, windowCount: number): Promise<number[]> {
  if (directory === undefined) return []
  const count = Math.min(PACE_WINDOWS_MAX, Math.ceil(windowCount / PACE_WINDOWS_SHARE))
  const windows = { windowMs: WINDOW_MS, count }
  return withDirectory(directory, (folder) => probeDiskPace(folder, windows))
}

function addDiskPace(figures: Figures, pace: readonly number[]): void {
  if (pace.length === 0) return
  const typical = median(pace)
  figures.add('disk.medianThroughput', 'MB/s', typical)
  figures.add('disk.p1ToMedian', 'ratio', typical > 0 ? percentile(pace, 1) / typical : 0)
  const slow = pace.filter((speed) => speed < SLOW_BELOW * typical)
  figures.add('disk.slowShare', 'share', slow.length / pace.length)
}

function notesOf({ workload, storage, rowsMax, windowCount }: Soak, fault: FaultName): string[] {
  const { dtype, dimension, batchRows } = workload.shape
  const megabytes = Math.round((rowsMax * strideOf(dtype, dimension)) / 1e6)
  const where = storage.wal === 'memory' ? 'in memory only' : `durability '${storage.durability}'`
  return [
    `${dtype}@${dimension} in batches of ${batchRows} rows; the collection keeps the latest ` +
      `${rowsMax} rows, ${megabytes} MB; log ${storage.wal}`,
    `at the acknowledgement: visible to searches, ${where}`,
    `the time is cut into ${windowCount} windows of 100 ms; a window in which less than 60 % of ` +
      'the median was acknowledged is slow, and its cause explains most of the time it lost',
    'rssGrowth, diskGrowth (memory, disk): medians of the last tenth of the second half, less ' +
      'those of its first tenth',
    ...(storage.wal === 'memory'
      ? []
      : ['disk: 16 MiB and a sync, two at a time, alone before and after, in such windows']),
    'recall: searches of the rows at the end that ask for 0.99, against exact ones',
    ...(fault === 'none' ? [] : [`faults were injected for 0.4 s of every 1.6 s: ${fault}`]),
  ]
}
