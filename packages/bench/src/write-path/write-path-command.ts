/** Benchmark `write-path`: what the path to the disk takes without looking at the rows. */

import { LIMITS, strideOf } from '@sluice/core'
import type { BenchCommand, BenchOutcome } from '../command.js'
import {
  REPEAT_OPTION,
  repeatOption,
  SHAPE_OPTIONS,
  STORAGE_OPTIONS,
  shapeOptions,
  storageOptions,
} from '../common-options.js'
import { seriesNote } from '../database/load-notes.js'
import { type LoadResult, measureLoad } from '../database/measure-load.js'
import { withDirectory } from '../database/with-directory.js'
import { Figures } from '../figures.js'
import { DiskLimit } from '../limit.js'
import type { OptionTable, OptionValues } from '../options.js'
import { addUse } from '../probe/meter.js'
import { Workload } from '../vectors/workload.js'
import { createPassThroughKernels } from './pass-through-kernels.js'

/** The rows are not read: a small ring will do. */
const RING_BYTES = 1024 * 1024

const OPTIONS: OptionTable = {
  bytes: { value: 'n', fallback: '1536000000', help: 'bytes of rows to write' },
  batch: { value: 'n', fallback: '65536', help: 'rows of a batch handed over' },
  ...SHAPE_OPTIONS,
  ...STORAGE_OPTIONS,
  ...REPEAT_OPTION,
  reserve: { help: 'make room with reserve() before the clock starts' },
}

/**
 * The benchmark.
 *
 * @internal
 */
export const writePathCommand: BenchCommand = {
  name: 'write-path',
  summary: 'segment writes and commits alone: rows are neither checked nor copied',
  options: OPTIONS,
  run: runWritePath,
}

async function runWritePath(
  values: OptionValues,
  say: (line: string) => void,
): Promise<BenchOutcome> {
  const storage = storageOptions(values)
  const repeat = repeatOption(values)
  const shape = shapeOptions(values.with({ rows: '1' }))
  const rowCount = rowsOf(values.integer('bytes', 1, Number.MAX_SAFE_INTEGER), shape)
  const workload = new Workload({ ...shape, rowCount }, 0, RING_BYTES)
  return withDirectory(storage.directory, async (directory) => {
    const figures = new Figures()
    const disk = new DiskLimit(storage, directory, workload.byteLength)
    const kernels = createPassThroughKernels()
    const reserve = values.flag('reserve')
    let last: LoadResult | undefined
    await disk.measure()
    for (let repetition = 1; repetition <= repeat; repetition++) {
      last = await measureLoad({ workload, storage, directory, kernels, reserve })
      await disk.measure()
      addResult(figures, last, rowCount)
      disk.addRatio(figures, 'writePath.limitRatio', last.throughput)
      say(`${repetition} of ${repeat}: ${Math.round(last.throughput)} MB/s`)
    }
    disk.addTo(figures)
    return {
      figures,
      kernels: kernels.info,
      directory: storage.directory,
      notes: [
        'rows are not looked at, so nothing is searchable and there is no recall',
        disk.note,
        seriesNote(repeat),
      ],
      series: { throughputPer100Ms: (last as LoadResult).windows },
    }
  })
}

function rowsOf(byteLength: number, shape: Pick<Workload['shape'], 'dtype' | 'dimension'>): number {
  const rows = Math.ceil(byteLength / strideOf(shape.dtype, shape.dimension))
  return Math.min(rows, LIMITS.rowsPerCollectionMax)
}

function addResult(figures: Figures, result: LoadResult, rowCount: number): void {
  figures.add('writePath.throughput', 'MB/s', result.throughput)
  figures.add('writePath.fsyncsPerRow', 'syncs', result.syncs / rowCount)
  figures.add('writePath.errors', 'events', result.troubles.length)
  addUse(figures, 'writePath', result.use, rowCount)
}
