/** Benchmark `search`: queries a second, latency and recall, beside memory and peers. */

import { performance } from 'node:perf_hooks'
import { DTYPES, LIMITS } from '@sluice/core'
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
import type { Workload } from '../vectors/workload.js'
import { measureExact } from './measure-exact.js'
import { measureBuild, measureEarly, measureSearches } from './measure-search.js'
import { PEER_NAMES, peersOption } from './peers.js'
import { searchTable } from './search-table.js'
import { GENERATORS, loadSubject, type Subject } from './subject.js'

/**
 * The options of the benchmark.
 *
 * @internal
 */
export const SEARCH_OPTIONS: OptionTable = {
  rows: { value: 'n', help: 'rows to generate (100,000 if not given), or to take of --data' },
  generator: {
    value: 'name',
    help: `clustered, if not given, or one of ${GENERATORS.slice(1).join(', ')} (needs --data)`,
  },
  dtype: { value: 'dtype', help: `what --data has, or float32; one of ${DTYPES.join(', ')}` },
  dim: { value: 'n', fallback: '384', help: 'dimensions of a vector' },
  seed: { value: 'n', fallback: '1', help: 'seed of the generated vectors' },
  data: { value: 'file', help: 'rows: packed vectors, .f32 or .f16' },
  queries: {
    value: 'file',
    help: 'queries for --data, likewise; without it the last of --data, which are no rows then',
  },
  truth: {
    value: 'file',
    help: 'true neighbours of --queries: row numbers, u32; without it, exact searches find them',
  },
  'query-count': { value: 'n', fallback: '1000', help: 'queries, at most' },
  'early-queries': {
    value: 'n',
    fallback: '200',
    help: 'other queries, asked before the lists are built, at most',
  },
  k: { value: 'n', fallback: '10', help: 'neighbours of a query' },
  peers: {
    value: 'names',
    fallback: PEER_NAMES.join(','),
    help: 'measured beside where there are 200,000 rows or fewer; or none',
  },
  ...STORAGE_OPTIONS,
  wal: { ...STORAGE_OPTIONS['wal'], fallback: 'memory' } as OptionTable[string],
  ...REPEAT_OPTION,
}

/**
 * The benchmark.
 *
 * @internal
 */
export const searchCommand: BenchCommand = {
  name: 'search',
  summary: 'searches by one caller: queries/s at each recall, and exact; memory and peers beside',
  options: SEARCH_OPTIONS,
  run: runSearch,
}

async function runSearch(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const storage = storageOptions(values)
  const repeat = repeatOption(values)
  const k = values.integer('k', 1, LIMITS.searchKMax)
  const peers = peersOption(values)
  const subject = await loadSubject(values, k, say)
  const figures = new Figures()
  return withDirectory(storage.directory, async (directory) => {
    const { wal, durability } = storage
    const { database, troubles } = await openDatabase({ directory, wal, durability })
    try {
      const { main } = subject
      const { dimension, dtype, rowCount } = main.shape
      const collection = await database.collection('bench', { dimension, dtype })
      say('loading')
      const startMs = performance.now()
      await collection.ingest(main.batches)
      const seconds = (performance.now() - startMs) / 1000
      figures.add(`search.${rowCount}.ingestRowsPerSecond`, 'rows/s', rowCount / seconds)
      const plan = { collection, subject, k, repeat, peers, directory, figures, say }
      await measureEarly(plan)
      await measureBuild(plan)
      const peerNotes = await measureSearches(plan)
      const exactNotes = await measureExact(plan)
      figures.add(`search.${rowCount}.exact.errors`, 'events', troubles.length)
      say(searchTable(figures, rowCount))
      const { kernels } = database.stats()
      const notes = [...notesOf(subject, k, storage), ...peerNotes, ...exactNotes]
      return { figures, kernels, directory: storage.directory, notes }
    } finally {
      await database.close()
    }
  })
}

function notesOf(
  { main, early, queriesNote }: Subject,
  k: number,
  { wal }: StorageOptions,
): string[] {
  const { rowCount, dtype, dimension } = main.shape
  return [
    `${rowCount} rows of ${dtype}@${dimension}, ${megabytesOf(main)} MB, log ${wal}`,
    queriesNote,
    `one caller, a query at a time; recall@${k} against the exact neighbours`,
    ...(early
      ? ['tail: asked right after the load, other queries; all others after the build']
      : []),
  ]
}

function megabytesOf({ byteLength }: Workload): number {
  return Math.round(byteLength / 1e6)
}
