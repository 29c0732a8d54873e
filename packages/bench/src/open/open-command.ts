/**
 * Benchmark `open`: from the call of `open` to the first search's answer, in a new process, after
 * each of the ways in which the process before may have ended.
 */

import { join } from 'node:path'
import type { BenchCommand, BenchOutcome } from '../command.js'
import {
  CHECKPOINT_OPTIONS,
  checkpointOptions,
  FILE_STORAGE_OPTIONS,
  fileStorageOptions,
  REPEAT_OPTION,
  repeatOption,
  SHAPE_OPTIONS,
  type StorageOptions,
  shapeOptions,
} from '../common-options.js'
import { Examiner } from '../database/answers.js'
import { segmentFiles } from '../database/disk-usage.js'
import { withDirectory } from '../database/with-directory.js'
import { Figures, median } from '../figures.js'
import type { OptionTable, OptionValues } from '../options.js'
import type { DiskSpeed } from '../probe/disk.js'
import { probeDiskRead } from '../probe/disk-read.js'
import { addUse } from '../probe/meter.js'
import { runProgram } from '../program/run-program.js'
import { Workload } from '../vectors/workload.js'
import type { OpenReply, OpenWork, WriteReply, WriteWork } from './open-work.js'

const QUERIES = 10
const MEGABYTE = 1e6

const REPLAY = 'open.replay'

const OPTIONS: OptionTable = {
  rows: { value: 'n', fallback: '1000000', help: 'rows in the database' },
  batch: { value: 'n', fallback: '65536', help: 'rows of a batch that was written' },
  ...SHAPE_OPTIONS,
  ids: { value: 'form', help: SHAPE_OPTIONS['ids']?.help ?? '', fallback: 'u64' },
  ...FILE_STORAGE_OPTIONS,
  ...CHECKPOINT_OPTIONS,
  ...REPEAT_OPTION,
}

/** How the database was left, and what its figures are called. */
interface OpenCase {
  readonly prefix: string
  readonly checkpoints: boolean
  readonly end: WriteWork['end']
}

const CASES: readonly OpenCase[] = [
  { prefix: 'open', checkpoints: true, end: 'close' },
  { prefix: 'open.killed', checkpoints: true, end: 'kill' },
  { prefix: REPLAY, checkpoints: false, end: 'close' },
]

/** What is done in each repetition. */
interface Plan {
  readonly workload: Workload
  readonly examiner: Examiner
  readonly storage: StorageOptions
  readonly checkpoint: ReturnType<typeof checkpointOptions>
  readonly figures: Figures
  readonly startupsMs: number[]
}

/** What one opening was. */
interface Opening {
  readonly written: WriteReply
  readonly reply: OpenReply
  /** Before and after; empty when all rows are in the log. */
  readonly disk: readonly DiskSpeed[]
}

/**
 * The benchmark.
 *
 * @internal
 */
export const openCommand: BenchCommand = {
  name: 'open',
  summary: 'from open() to the first answer: after a close, after a kill, by replay alone',
  options: OPTIONS,
  run: runOpen,
}

async function runOpen(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const shape = shapeOptions(values)
  const storage = fileStorageOptions(values)
  const checkpoint = checkpointOptions(values)
  const repeat = repeatOption(values)
  say('generating rows and the true neighbours of the queries')
  const workload = new Workload(shape, QUERIES)
  const examiner = new Examiner(workload)
  const figures = new Figures()
  const startupsMs: number[] = []
  const plan: Plan = { workload, examiner, storage, checkpoint, figures, startupsMs }
  let last: Opening | undefined
  for (let repetition = 1; repetition <= repeat; repetition++) {
    for (const openCase of CASES) {
      last = await measureCase(plan, openCase)
      const ms = Math.round(last.reply.firstQueryMs)
      say(`${repetition} of ${repeat}, ${openCase.prefix}.firstQuery: ${ms} ms`)
    }
  }
  const { reply, disk } = last as Opening
  const isDirect = disk.every(({ direct }) => direct)
  const { directory } = storage
  return { figures, kernels: reply.kernels, directory, notes: notesOf(plan, isDirect) }
}

/** Writes a database, opens it in another process, and measures the raw disk on its files. */
async function measureCase(plan: Plan, openCase: OpenCase): Promise<Opening> {
  const { workload, examiner, storage } = plan
  const { checkpoints, end } = openCase
  return withDirectory(storage.directory, async (parent) => {
    const directory = join(parent, 'database')
    const written = await runProgram<WriteReply>('open/write-program.js', {
      storage,
      directory,
      shape: workload.shape,
      queryCount: QUERIES,
      checkpoint: checkpoints && plan.checkpoint,
      end,
    } satisfies WriteWork)
    const files = await segmentFiles(directory)
    const before = await probeDiskRead(files)
    const { questions } = examiner
    const work = { storage, directory, questions } satisfies OpenWork
    const reply = await runProgram<OpenReply>('open/open-program.js', work)
    const after = await probeDiskRead(files)
    const opening: Opening = { written, reply, disk: [before, after].filter((speed) => !!speed) }
    addOpening(plan, openCase.prefix, opening)
    return opening
  })
}

function addOpening(plan: Plan, prefix: string, { written, reply, disk }: Opening): void {
  const { figures, workload, examiner, startupsMs } = plan
  const { rowCount } = workload.shape
  const { firstQueryMs, openMs, answers, firstHits } = reply
  const recall = examiner.judge({ ...answers, hits: [firstHits, ...answers.hits.slice(1)] })
  figures.add(`${prefix}.firstQuery`, 'ms', firstQueryMs)
  figures.add(`${prefix}.opened`, 'ms', openMs)
  for (const { throughput } of disk) figures.add('disk.readThroughput', 'MB/s', throughput)
  if (disk.length > 0) {
    const limit = disk.reduce((sum, { throughput }) => sum + throughput, 0) / disk.length
    const throughput = workload.byteLength / MEGABYTE / (firstQueryMs / 1000)
    figures.add(`${prefix}.limitRatio`, 'ratio', throughput / limit)
  }
  // By the name that the figure has in all reports: recovery by replay.
  if (prefix === REPLAY) {
    figures.add('open.rowsPerSecond', 'rows/s', rowCount / (openMs / 1000))
  }
  figures.add(`${prefix}.recall`, 'share', recall)
  figures.add(`${prefix}.checkpoints`, 'checkpoints', written.checkpoints)
  figures.add(`${prefix}.replayedRecords`, 'records', reply.replayedRecords)
  figures.add(`${prefix}.errors`, 'events', reply.troubles.length + written.troubles.length)
  addUse(figures, prefix, reply.use, rowCount)
  startupsMs.push(reply.startupMs)
}

function notesOf({ workload, storage, startupsMs }: Plan, isDirect: boolean): string[] {
  const { rowCount, dtype, dimension, ids } = workload.shape
  const startupMs = Math.round(median(startupsMs))
  return [
    `${rowCount} rows of ${dtype}@${dimension}, ids ${ids}, log ${storage.wal}`,
    'firstQuery: from the call of open() to the answer of the first search, in a new process; its',
    `start and the loading of modules, ${startupMs} ms, come before. limitRatio: bytes of rows`,
    'per second until then, to the raw disk',
    'open: after close(). killed: SIGKILL when all rows were acknowledged. replay: without any',
    'checkpoint, from the log alone',
    'warm: the log, columns and checkpoints are in the page cache, written shortly before by',
    `another process; the rows ${isDirect ? 'went past it and come from the disk' : 'may be, too'}`,
    `raw disk: 16 MiB reads of the same files, 4 under way, ${isDirect ? 'O_DIRECT' : 'buffered'},`,
    'into touched memory, before and after each opening',
    'count, 100 rows and the hits of 10 queries were compared with what was written',
  ]
}
