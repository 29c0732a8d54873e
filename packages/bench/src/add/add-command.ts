/** Benchmark `add`: single rows, awaited one by one by one or many writers. */

import { LIMITS } from '@sluice/core'
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
import { withDirectory } from '../database/with-directory.js'
import { Figures, percentile } from '../figures.js'
import type { OptionTable, OptionValues } from '../options.js'
import { probeSync } from '../probe/disk.js'
import { addUse } from '../probe/meter.js'
import { Workload } from '../vectors/workload.js'
import { type AddResult, measureAdds } from './measure-adds.js'

/** Pages made durable one by one: enough for a median. */
const SYNC_PROBES = 200

const OPTIONS: OptionTable = {
  rows: { value: 'n', fallback: '1000', help: 'rows to add' },
  writers: { value: 'n', fallback: '1', help: 'writers at a time, each awaiting its last row' },
  ...SHAPE_OPTIONS,
  ...STORAGE_OPTIONS,
  ...REPEAT_OPTION,
}

/**
 * The benchmark.
 *
 * @internal
 */
export const addCommand: BenchCommand = {
  name: 'add',
  summary: 'single rows by one or many writers: rows per second, latency, syncs per row',
  options: OPTIONS,
  run: runAdd,
}

async function runAdd(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const shape = shapeOptions(values.with({ batch: '1' }))
  const storage = storageOptions(values)
  const writers = values.integer('writers', 1, LIMITS.rowsPerBatchMax)
  const repeat = repeatOption(values)
  const workload = new Workload(shape, 0)
  return withDirectory(storage.directory, async (directory) => {
    const figures = new Figures()
    let last: AddResult | undefined
    await probe(figures, directory)
    for (let repetition = 1; repetition <= repeat; repetition++) {
      last = await measureAdds({ workload, storage, directory, writers })
      addResult(figures, last, shape.rowCount)
      say(`${repetition} of ${repeat}: ${Math.round(shape.rowCount / last.seconds)} rows/s`)
      await probe(figures, directory)
    }
    const { kernels } = last as AddResult
    const notes = notesOf(storage, workload, writers)
    return { figures, kernels, directory: storage.directory, notes }
  })
}

/** The raw limit: a page written and synced, one after the other. */
async function probe(figures: Figures, directory: string): Promise<void> {
  figures.add('disk.syncLatencyP50', 'ms', percentile(await probeSync(directory, SYNC_PROBES), 50))
}

function addResult(figures: Figures, result: AddResult, rowCount: number): void {
  figures.add('add.rowsPerSecond', 'rows/s', rowCount / result.seconds)
  figures.add('add.latencyP50', 'ms', percentile(result.latenciesMs, 50))
  figures.add('add.latencyP99', 'ms', percentile(result.latenciesMs, 99))
  figures.add('add.fsyncsPerRow', 'syncs', result.syncs / rowCount)
  figures.add('add.recordsPerGroup', 'records', result.recordsPerGroup)
  figures.add('add.errors', 'events', result.troubles.length)
  addUse(figures, 'add', result.use, rowCount)
}

function notesOf(storage: StorageOptions, workload: Workload, writers: number): string[] {
  const { rowCount, dtype, dimension, ids } = workload.shape
  const where = storage.wal === 'memory' ? 'in memory only' : `durability '${storage.durability}'`
  return [
    `${rowCount} rows of ${dtype}@${dimension}, ids ${ids}, ${writers} writers, log ${storage.wal}`,
    `at the acknowledgement: visible to searches, ${where}`,
    'every row was read back by its id and compared',
  ]
}
