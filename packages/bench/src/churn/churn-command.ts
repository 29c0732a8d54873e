/** Benchmark `churn`: a long load with checkpoints; what it leaves on the disk, and its pauses. */

import { LIMITS } from '@sluice/core'
import type { BenchCommand, BenchOutcome } from '../command.js'
import {
  CHECKPOINT_OPTIONS,
  checkpointOptions,
  FILE_STORAGE_OPTIONS,
  fileStorageOptions,
  SHAPE_OPTIONS,
  shapeOptions,
} from '../common-options.js'
import { Examiner } from '../database/answers.js'
import type { OptionTable, OptionValues } from '../options.js'
import { UsageError } from '../usage-error.js'
import { Workload, type WorkloadShape } from '../vectors/workload.js'
import { churnFigures, churnSeries } from './churn-figures.js'
import { measureChurn } from './measure-churn.js'

const QUERIES = 10

const OPTIONS: OptionTable = {
  rows: { value: 'n', fallback: '20000000', help: 'rows to load' },
  batches: { value: 'n', fallback: '1000', help: 'batches that they are handed over in' },
  upsert: {
    value: 'share',
    fallback: '0',
    help: 'share of the rows that replace another, the oldest one first; not with assigned ids',
  },
  ...SHAPE_OPTIONS,
  dim: { value: 'n', help: SHAPE_OPTIONS['dim']?.help ?? '', fallback: '32' },
  ids: { value: 'form', help: SHAPE_OPTIONS['ids']?.help ?? '', fallback: 'u64' },
  ...FILE_STORAGE_OPTIONS,
  ...CHECKPOINT_OPTIONS,
}

/**
 * The benchmark.
 *
 * @internal
 */
export const churnCommand: BenchCommand = {
  name: 'churn',
  summary: 'a long load with checkpoints: bytes on disk, length of the log, pauses',
  options: OPTIONS,
  run: runChurn,
}

async function runChurn(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const shape = churnShape(values)
  const storage = fileStorageOptions(values)
  const checkpoint = checkpointOptions(values)
  say('generating rows and the true neighbours of the queries')
  const workload = new Workload(shape, QUERIES)
  const examiner = new Examiner(workload)
  say('loading')
  const result = await measureChurn({ workload, examiner, storage, checkpoint })
  return {
    figures: churnFigures(workload, result),
    kernels: result.kernels,
    directory: storage.directory,
    notes: notesOf(workload, storage, checkpoint),
    series: churnSeries(result),
  }
}

function churnShape(values: OptionValues): WorkloadShape {
  const rowCount = values.integer('rows', 1, LIMITS.rowsPerCollectionMax)
  const batches = values.integer('batches', 1, rowCount)
  const upsert = values.number('upsert', 0, 1)
  const batchRows = Math.ceil(rowCount / batches)
  if (batchRows > LIMITS.rowsPerBatchMax) {
    const least = Math.ceil(rowCount / LIMITS.rowsPerBatchMax)
    throw new UsageError(`--batches takes at least ${least} for ${rowCount} rows, got ${batches}`)
  }
  const shape = shapeOptions(values.with({ batch: `${batchRows}` }))
  if (upsert > 0 && shape.ids === 'assigned') {
    throw new UsageError('--upsert takes 0 where ids are assigned: nothing is replaced there')
  }
  return { ...shape, idCount: Math.max(1, Math.round(rowCount * (1 - upsert))) }
}

function notesOf(
  { shape, idCount }: Workload,
  storage: ReturnType<typeof fileStorageOptions>,
  checkpoint: ReturnType<typeof checkpointOptions>,
): string[] {
  const { rowCount, dtype, dimension, ids, batchRows } = shape
  return [
    `${rowCount} rows of ${dtype}@${dimension}, ids ${ids}, ${idCount} of them different, batches`,
    `of ${batchRows}, log ${storage.wal}, checkpoints after ${checkpoint.logBytesMax} bytes of it`,
    `at the acknowledgement: visible to searches, durability '${storage.durability}'`,
    'a second writer adds single rows all along, each awaited, to a collection of its own',
    'diskRatio: blocks of all files after close() to the bytes of the live rows and their ids as',
    'given; diskLengthRatio: by the lengths of files; openDiskRatio: at the last acknowledgement',
    'pauseMax, longPauses (over 10 ms): of the event loop while a checkpoint was made, whatever',
    'their cause; Outside: between checkpoints. The checkpoint that close() makes is not counted',
    'stallMax: the longest time without an acknowledgement of the load',
    'after opening again, the count, rows of both writers and the hits of 10 queries were compared',
  ]
}
