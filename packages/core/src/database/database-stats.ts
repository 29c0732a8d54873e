/** What a database holds and does: numbers that its parts keep, without a look at the disk. */

import { bigintsAsText } from '../bigints-as-text.js'
import { type CollectionStats, collectionStats } from '../collection/state/stats.js'
import type { AllocatorStats, KernelProviderInfo, WalStats } from '../contract/index.js'
import type { IngestWorkersStats } from '../index/encode/encode-pool.js'
import type { CommitStats } from '../ingest/commit-stats.js'
import type { BudgetStats } from '../ingest/memory-budget.js'
import type { QueueStats } from '../ingest/queue-depths.js'
import type { TimingsStats } from '../observe/timings.js'
import type { SearchStats } from '../search/search-counts.js'
import type { Catalog } from './catalog.js'
import type { Checkpointer } from './checkpoint/checkpointer.js'
import type { DatabaseParts } from './database-parts.js'
import type { LifecycleState } from './lifecycle.js'

/**
 * What the log holds, and which backend it is.
 *
 * @public
 */
export interface NamedWalStats extends WalStats {
  /** The name of the WAL backend. */
  readonly name: string
}

/**
 * What the allocator lends, and how full the memory of the database is.
 *
 * @public
 */
export interface MemoryStats extends AllocatorStats {
  /** What counts towards `memoryBytesMax`. */
  readonly budget: BudgetStats
}

/**
 * What is where on disk, in bytes by the length of files; all 0 in memory. Files of less than a
 * page each are left out: lock, format file, manifest, marks.
 *
 * @public
 */
export interface DiskStats {
  /** Rows: segment files, made ahead or full. */
  readonly segmentBytes: number
  /** Ids and metadata: column files. */
  readonly columnBytes: number
  /** Lists of indexes. */
  readonly listBytes: number
  /** The log. */
  readonly logBytes: number
  /** The checkpoints that are kept. */
  readonly checkpointBytes: number
  /** Segment files that nobody needs, kept for re-use. */
  readonly recycledBytes: number
  /** All of these together. */
  readonly totalBytes: number
}

/**
 * The newest checkpoint.
 *
 * @public
 */
export interface CheckpointStats {
  /** Its number; 0 when there is none, and in memory. */
  readonly number: number
  /** The last record it contains; 0 when there is none. */
  readonly lsn: bigint
  /** Bytes of log written after it: what opening would replay now. */
  readonly loggedBytes: number
}

/**
 * What a database holds and does, now. In JSON its LSNs, which are bigints, are decimal strings.
 *
 * @public
 */
export interface DatabaseStats {
  /** Where it is in its life; `poisoned` after an I/O error, until it is closed. */
  readonly state: LifecycleState | 'poisoned'
  /** The directory; undefined in memory. */
  readonly path: string | undefined
  /** Which kernels run, and why. */
  readonly kernels: KernelProviderInfo
  /** Who encodes rows. */
  readonly ingestWorkers: IngestWorkersStats
  /** What the log holds, and which backend it is. */
  readonly wal: NamedWalStats
  /** What was written since opening. */
  readonly commits: CommitStats
  /** Writes under way. */
  readonly queue: QueueStats
  /** How long searches, writes and their steps took, since opening. */
  readonly timings: TimingsStats
  /** Queries answered since opening, by the way they went. */
  readonly searches: SearchStats
  /** Memory of slabs and tables, and what counts towards the bound on all memory. */
  readonly memory: MemoryStats
  /** What is where on disk. */
  readonly disk: DiskStats
  /** The newest checkpoint. */
  readonly checkpoint: CheckpointStats
  /** The collections, by name. */
  readonly collections: Readonly<Record<string, CollectionStats>>
}

/**
 * Where the numbers come from.
 *
 * @internal
 */
export interface StatsSources {
  readonly parts: DatabaseParts
  readonly state: LifecycleState
  readonly catalog: Catalog
  /** Undefined when nothing may be written. */
  readonly checkpointer: Checkpointer | undefined
}

/**
 * Counts, sizes and states, now.
 *
 * @internal
 */
export function databaseStats(sources: StatsSources): DatabaseStats {
  const { parts, state, catalog } = sources
  const { path, kernels, encoders, wal, walFactory, log, admission, timings, allocator, budget } =
    parts
  return {
    state: log.poison && state === 'open' ? 'poisoned' : state,
    path,
    kernels: kernels.info,
    ingestWorkers: encoders.stats(),
    wal: bigintsAsText({ name: walFactory.name, ...wal.stats() }),
    commits: bigintsAsText({ ...log.stats() }),
    queue: admission.stats(),
    timings: timings.stats(),
    searches: parts.searchCounts.stats(),
    memory: { ...allocator.stats(), budget: budget.stats() },
    disk: diskStats(sources),
    checkpoint: checkpointStats(sources),
    collections: Object.fromEntries(
      catalog.states.map((each) => [each.name, collectionStats(each)]),
    ),
  }
}

function diskStats({ parts, catalog }: StatsSources): DiskStats {
  const { path, wal, factory, checkpoints } = parts
  let segmentBytes = 0
  let columnBytes = 0
  let listBytes = 0
  for (const { id, store } of catalog.states) {
    segmentBytes += store.stats().fileBytes
    columnBytes += factory.columnBytes(id)
    listBytes += factory.listBytes(id)
  }
  const logBytes = path === undefined ? 0 : wal.stats().byteLength
  const checkpointBytes = checkpoints?.keptBytes ?? 0
  const { recycledBytes } = factory
  const rowBytes = segmentBytes + columnBytes + listBytes
  const totalBytes = rowBytes + logBytes + checkpointBytes + recycledBytes
  return {
    segmentBytes,
    columnBytes,
    listBytes,
    logBytes,
    checkpointBytes,
    recycledBytes,
    totalBytes,
  }
}

function checkpointStats({ parts, checkpointer }: StatsSources): CheckpointStats {
  const { checkpoint, replayedBytes } = parts.recovered
  const newest = checkpointer ? checkpointer.newest : checkpoint
  return bigintsAsText({
    number: newest?.number ?? 0,
    lsn: newest?.lsn ?? 0n,
    loggedBytes: checkpointer?.loggedBytes ?? replayedBytes,
  })
}
