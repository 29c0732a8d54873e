/** Benchmark `search`: queries a second, latency and recall, beside memory and a peer. */

import { DTYPES, type Dtype, LIMITS, strideOf } from '@sluice/core'
import type { BenchCommand, BenchOutcome } from '../command.js'
import {
  REPEAT_OPTION,
  repeatOption,
  STORAGE_OPTIONS,
  type StorageOptions,
  storageOptions,
} from '../common-options.js'
import { openDatabase } from '../database/open-database.js'
import { withDirectory } from '../database/with-directory.js'
import { Figures } from '../figures.js'
import type { OptionTable, OptionValues } from '../options.js'
import { loadUsearch, usearchMetric } from '../peer/usearch.js'
import { readableMemory } from '../probe/memory-read.js'
import { UsageError } from '../usage-error.js'
import { GroundTruth } from '../vectors/recall.js'
import { dtypeOfFile, readVectorFile } from '../vectors/vector-file.js'
import { type GivenVectors, Workload } from '../vectors/workload.js'
import { type ExactSetup, exactRound, firstQuery } from './exact-rounds.js'

const NEIGHBOURS = 10
const QUERIES_MAX = 100_000
const BATCH_ROWS = 65_536

const OPTIONS: OptionTable = {
  rows: { value: 'n', fallback: '100000', help: 'rows to generate, or to take of --data at most' },
  dtype: { value: 'dtype', help: 'float32, or what --data has, when not given' },
  dim: { value: 'n', fallback: '384', help: 'dimensions of a vector' },
  seed: { value: 'n', fallback: '1', help: 'seed of the generated vectors' },
  data: { value: 'file', help: 'rows: packed vectors, .f32 or .f16' },
  queries: {
    value: 'file',
    help: 'queries for --data, likewise; without it the last of --data, which are no rows then',
  },
  'query-count': {
    value: 'n',
    fallback: '100',
    help: 'queries of a repetition: so many are generated, or the first so many of --queries taken',
  },
  ...STORAGE_OPTIONS,
  wal: { ...STORAGE_OPTIONS['wal'], fallback: 'memory' } as OptionTable[string],
  ...REPEAT_OPTION,
}

/** Rows and queries, and where the queries came from. */
interface Subject {
  readonly workload: Workload
  readonly queriesNote: string
}

/**
 * The benchmark.
 *
 * @internal
 */
export const searchCommand: BenchCommand = {
  name: 'search',
  summary: 'exact searches by one caller: queries/s and recall; memory reads and usearch beside',
  options: OPTIONS,
  run: runSearch,
}

async function runSearch(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const storage = storageOptions(values)
  const repeat = repeatOption(values)
  const { workload, queriesNote } = await loadSubject(values, say)
  say('finding the true neighbours of the queries')
  const truth = new GroundTruth(workload, NEIGHBOURS)
  const figures = new Figures()
  return withDirectory(storage.directory, async (directory) => {
    const { wal, durability } = storage
    const { database, troubles } = await openDatabase({ directory, wal, durability })
    try {
      const { dimension, dtype, rowCount } = workload.shape
      const collection = await database.collection('bench', { dimension, dtype })
      await collection.ingest(workload.batches)
      const { peer, note } = await loadPeer(dtype)
      const memory = readableMemory(workload.byteLength)
      const setup: ExactSetup = { collection, workload, truth, memory, peer, figures }
      await firstQuery(setup)
      for (let repetition = 1; repetition <= repeat; repetition++) {
        const qps = await exactRound(setup)
        say(`${repetition} of ${repeat}: ${Math.round(qps)} queries/s`)
      }
      figures.add(`search.${rowCount}.exact.errors`, 'events', troubles.length)
      const { kernels } = database.stats()
      const notes = [...notesOf(workload, storage), queriesNote, note]
      return { figures, kernels, directory: storage.directory, notes }
    } finally {
      await database.close()
    }
  })
}

async function loadSubject(values: OptionValues, say: (line: string) => void): Promise<Subject> {
  const rowsMax = values.integer('rows', 1, LIMITS.rowsPerCollectionMax)
  const dimension = values.integer('dim', 1, LIMITS.dimensionMax)
  const queryCount = values.integer('query-count', 1, QUERIES_MAX)
  const seed = values.integer('seed', 0, 0xffff_ffff)
  const data = values.text('data')
  const dtype = dtypeOption(values, data === undefined ? 'float32' : dtypeOfFile(data))
  const shape = { dtype, dimension, batchRows: BATCH_ROWS, ids: 'assigned', seed } as const
  if (data === undefined) {
    if (values.text('queries') !== undefined) throw new UsageError('--queries needs --data')
    say('generating rows')
    // As large a ring as there are rows: a row that recurs would be found twice.
    const ringBytes = (rowsMax + BATCH_ROWS) * strideOf(dtype, dimension)
    const workload = new Workload({ ...shape, rowCount: rowsMax }, queryCount, ringBytes)
    return { workload, queriesNote: `queries: ${queryCount} more generated vectors` }
  }
  say(`reading ${data}`)
  const queriesFile = values.text('queries')
  const read = (file: string, countMax: number): Promise<Uint8Array> =>
    readVectorFile(file, dtype, dimension, countMax)
  const stride = strideOf(dtype, dimension)
  const vectors: GivenVectors =
    queriesFile === undefined
      ? splitVectors(await read(data, Number.MAX_SAFE_INTEGER), { stride, rowsMax, queryCount })
      : { rows: await read(data, rowsMax), queries: await read(queriesFile, queryCount) }
  const rowCount = vectors.rows.byteLength / stride
  const workload = new Workload({ ...shape, rowCount }, vectors)
  const count = vectors.queries.byteLength / stride
  const queriesNote =
    queriesFile === undefined
      ? `queries: the last ${count} vectors of ${data}, which are not among the rows`
      : `queries: the first ${count} vectors of ${queriesFile}`
  return { workload, queriesNote }
}

/**
 * The last vectors are queries, and no rows: a query that finds itself tells little.
 *
 * @throws UsageError where no row would be left
 */
function splitVectors(
  all: Uint8Array,
  counts: { readonly stride: number; readonly rowsMax: number; readonly queryCount: number },
): GivenVectors {
  const { stride, rowsMax, queryCount } = counts
  const rowCount = Math.min(rowsMax, all.byteLength / stride - queryCount)
  if (rowCount < 1) {
    throw new UsageError(
      `--data has ${all.byteLength / stride} vectors: without --queries, ` +
        `its last ${queryCount} (--query-count) are the queries, and no rows are left`,
    )
  }
  // Copies: usearch 2.26 takes a view for its whole buffer.
  return {
    rows: all.slice(0, rowCount * stride),
    queries: all.slice(all.byteLength - queryCount * stride),
  }
}

function dtypeOption(values: OptionValues, fallback: Dtype): Dtype {
  return values.text('dtype') === undefined ? fallback : values.choice('dtype', DTYPES)
}

async function loadPeer(
  dtype: Dtype,
): Promise<{ readonly peer: ExactSetup['peer']; readonly note: string }> {
  const metric = usearchMetric(dtype === 'bit' ? 'hamming' : 'cosine', dtype)
  if (metric === undefined) return { peer: undefined, note: `usearch takes no ${dtype} here` }
  const usearch = await loadUsearch()
  if (typeof usearch === 'string') return { peer: undefined, note: `no usearch: ${usearch}` }
  return {
    peer: { usearch, metric },
    note: 'usearch: exactSearch over the same rows after each query, one thread',
  }
}

function notesOf({ shape, byteLength }: Workload, { wal }: StorageOptions): string[] {
  const { rowCount, dtype, dimension } = shape
  return [
    `${rowCount} rows of ${dtype}@${dimension}, ${Math.round(byteLength / 1e6)} MB, log ${wal}`,
    'one caller; each query is preceded by a read of as many bytes (memchr)',
  ]
}
