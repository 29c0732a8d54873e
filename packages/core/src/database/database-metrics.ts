/**
 * The stats of a database, for Prometheus. Base units, seconds and bytes; what grows for ever ends
 * in `_total`. docs/observability.md tells people what each number means.
 */

import type { CollectionStats } from '../collection/state/stats.js'
import { type MetricSample, PrometheusText } from '../observe/prometheus-text.js'
import { TIMING_NAMES, type TimingName } from '../observe/timings.js'
import type { DatabaseParts } from './database-parts.js'
import type { DatabaseStats } from './database-stats.js'

/** Buckets end at 2^6 ticks (64 us, 64 KiB), and at each power of two up to 2^25 (34 s, 32 GiB). */
const BUCKET_EXPONENTS = Array.from({ length: 20 }, (_, i) => i + 6)
const BYTES = BUCKET_EXPONENTS.map((exponent) => 2 ** exponent * 1024)

const TIMING_FAMILIES: Readonly<Record<TimingName, { name: string; help: string }>> = {
  queueWait: {
    name: 'sluice_queue_wait_seconds',
    help: 'Writes and deletes: from the call until they were let in, or gave up.',
  },
  segmentWrite: {
    name: 'sluice_segment_write_seconds',
    help: 'Writes to segment files.',
  },
  segmentSync: {
    name: 'sluice_segment_sync_seconds',
    help: 'Syncs of segment files.',
  },
  logAppend: {
    name: 'sluice_log_append_seconds',
    help: 'Appends of groups of writes to the log, with their syncs.',
  },
  write: {
    name: 'sluice_write_seconds',
    help: 'Writes and deletes: from the call to the acknowledgement.',
  },
  search: {
    name: 'sluice_search_seconds',
    help: 'Searches: from the call to the answer.',
  },
  searchMany: {
    name: 'sluice_search_many_seconds',
    help: 'Calls of searchMany: from the call to all answers.',
  },
}

/** A search may take less. */
const SEARCH_EXPONENTS = [3, 4, 5, ...BUCKET_EXPONENTS]

/** Where the histograms are. */
type Histograms = Pick<DatabaseParts, 'admission' | 'timings'>

/**
 * All numbers, in the text exposition format 0.0.4.
 *
 * @internal
 */
export function databaseMetrics(stats: DatabaseStats, histograms: Histograms): string {
  const text = new PrometheusText()
  writeState(text, stats)
  writeCommits(text, stats)
  writeMemory(text, stats)
  writeDisk(text, stats)
  writeCollections(text, Object.entries(stats.collections))
  writeSearches(text, stats)
  writeHistograms(text, stats, histograms)
  return text.toString()
}

function writeState(text: PrometheusText, { state, kernels, wal }: DatabaseStats): void {
  const labels = { kernels: kernels.name, isa: kernels.isa, wal: wal.name }
  const info = 'Always 1; the labels tell which kernels and which log run.'
  text.gauge('sluice_info', info, [{ labels, value: 1 }])
  const poisoned = 'Whether an I/O error ended all writing: 0 or 1.'
  text.gauge('sluice_poisoned', poisoned, state === 'poisoned' ? 1 : 0)
}

function writeCommits(text: PrometheusText, { commits, queue }: DatabaseStats): void {
  text.counter('sluice_rows_written_total', 'Rows acknowledged.', commits.rows)
  text.counter('sluice_records_total', 'Records appended to the log.', commits.records)
  const groups = 'Groups of records appended to the log together.'
  text.counter('sluice_groups_total', groups, commits.groups)
  text.gauge('sluice_queue_bytes', 'Bytes of writes let in and not acknowledged.', queue.bytes)
  text.gauge('sluice_queue_limit_bytes', 'The bound on sluice_queue_bytes.', queue.bytesMax)
  const peak = 'The most that sluice_queue_bytes ever was.'
  text.gauge('sluice_queue_peak_bytes', peak, queue.bytesPeak)
  const waiting = 'Writes waiting to be let in, of each collection the first.'
  text.gauge('sluice_queue_waiting_writes', waiting, queue.waiting)
}

function writeSearches(text: PrometheusText, { searches }: DatabaseStats): void {
  const samples = Object.entries(searches).map(([way, value]) => ({ labels: { way }, value }))
  text.counter('sluice_queries_total', 'Queries answered, by the way they went.', samples)
}

function writeMemory(text: PrometheusText, { memory }: DatabaseStats): void {
  const { bytesMax, leasedBytes, aliveBytes, queueBytes } = memory.budget
  const kinds = { leased: leasedBytes, alive: aliveBytes, queue: queueBytes }
  text.gauge('sluice_memory_bytes', 'Memory that counts towards the limit.', byKind(kinds))
  text.gauge('sluice_memory_limit_bytes', 'The bound on sluice_memory_bytes.', bytesMax)
  text.gauge('sluice_memory_idle_bytes', 'Memory kept for re-use.', memory.idleBytes)
}

function writeDisk(text: PrometheusText, { disk, commits, checkpoint }: DatabaseStats): void {
  const kinds = {
    segment: disk.segmentBytes,
    column: disk.columnBytes,
    list: disk.listBytes,
    log: disk.logBytes,
    checkpoint: disk.checkpointBytes,
    recycled: disk.recycledBytes,
  }
  text.gauge('sluice_disk_bytes', 'Files, by their length.', byKind(kinds))
  const unspilled = 'Rows that are in the log and not yet in their segments.'
  text.gauge('sluice_log_unspilled_bytes', unspilled, commits.unspilledBytes)
  const replay = 'Log behind the newest checkpoint, which opening would replay.'
  text.gauge('sluice_log_replay_bytes', replay, checkpoint.loggedBytes)
}

function writeCollections(
  text: PrometheusText,
  collections: readonly (readonly [string, CollectionStats])[],
): void {
  const each = (read: (stats: CollectionStats) => number): MetricSample[] =>
    collections.map(([collection, stats]) => ({ labels: { collection }, value: read(stats) }))
  const rows = each((stats) => stats.rows)
  text.gauge('sluice_collection_rows', 'Rows that searches see.', rows)
  const dead = 'Rows deleted or replaced whose space is still taken.'
  const deadRows = each((stats) => stats.deadRows)
  text.gauge('sluice_collection_dead_rows', dead, deadRows)
  const evicted = 'Rows that retention has taken away.'
  const evictedRows = each((stats) => stats.evictedRows)
  text.counter('sluice_collection_evicted_rows_total', evicted, evictedRows)
  const lists = each(({ index }) => index.lists)
  text.gauge('sluice_index_lists', 'Lists of the index.', lists)
  const encodedRows = each(({ index }) => index.encodedRows)
  text.gauge('sluice_index_encoded_rows', 'Rows that have a code.', encodedRows)
  const listedRows = each(({ index }) => index.listedRows)
  text.gauge('sluice_index_listed_rows', 'Rows that are in lists.', listedRows)
}

function writeHistograms(
  text: PrometheusText,
  stats: DatabaseStats,
  { admission, timings }: Histograms,
): void {
  const { count: visits, totalBytes } = stats.queue.depth
  const depths = admission.depths.countsUpTo(BUCKET_EXPONENTS)
  const depth = { bounds: BYTES, counts: depths, count: visits, sum: totalBytes }
  const help = 'What sluice_queue_bytes was whenever a write came to be let in.'
  text.histogram('sluice_queue_depth_bytes', help, depth)
  for (const timing of TIMING_NAMES) {
    const { name, help } = TIMING_FAMILIES[timing]
    const { count, totalMs } = stats.timings[timing]
    const exponents = timing === 'search' ? SEARCH_EXPONENTS : BUCKET_EXPONENTS
    const bounds = exponents.map((exponent) => 2 ** exponent / 1e6)
    const counts = timings.countsUpTo(timing, exponents)
    text.histogram(name, help, { bounds, counts, count, sum: totalMs / 1000 })
  }
}

function byKind(kinds: Readonly<Record<string, number>>): MetricSample[] {
  return Object.entries(kinds).map(([kind, value]) => ({ labels: { kind }, value }))
}
