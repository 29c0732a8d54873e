/** From options to an open database: lock, recover, assemble. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BufferPool, SlabAllocator } from '@sluice/pool'
import { throwIfAborted } from './abort.js'
import { bigintsAsText } from './bigints-as-text.js'
import { unexpected } from './checks.js'
import type { KernelProvider, WalBackend, WalFactory } from './contract/index.js'
import { BudgetedAllocator } from './database/budgeted-allocator.js'
import { checkCapabilities } from './database/check-capabilities.js'
import {
  CheckpointDirectory,
  type CheckpointDirectoryOptions,
} from './database/checkpoint/checkpoint-directory.js'
import { CollectionFactory } from './database/collection-factory.js'
import { Database } from './database/database.js'
import type { DatabaseParts } from './database/database-parts.js'
import { checkUnlocked, type DirectoryLock, lockDirectory } from './database/directory-lock.js'
import { CHECKPOINTS_DIRECTORY, WAL_DIRECTORY } from './database/directory-names.js'
import { openFormat } from './database/format-file.js'
import { recover } from './database/recovery.js'
import { restoreLists } from './database/restore-lists.js'
import { hasCode, storageErrorFrom } from './errors.js'
import { ClusterRunner } from './index/cluster/cluster-runner.js'
import { EncodePool } from './index/encode/encode-pool.js'
import { Admission } from './ingest/admission.js'
import { CommitLog } from './ingest/commit-log.js'
import { MemoryBudget, slackOf } from './ingest/memory-budget.js'
import { poisonedBy } from './ingest/poisoned.js'
import { selectKernels } from './kernels/select.js'
import { type BuildEvent, Events } from './observe/events.js'
import { Timings } from './observe/timings.js'
import { type CheckedOpenOptions, checkOpenOptions, type OpenOptions } from './open-options.js'
import { SearchPool } from './search/many/search-pool.js'
import { SearchCounts } from './search/search-counts.js'
import { fileWal } from './wal/file-wal/file-wal.js'
import { memoryWal } from './wal/memory-wal.js'
import type { Warn } from './warning.js'

/**
 * Memory kept for re-use, so that writing goes on in memory that is there: a quarter of the limit,
 * between these. Slabs of a capped collection come back in bursts.
 */
const IDLE_BYTES = { least: 512 * 1024 * 1024, most: 2 * 1024 * 1024 * 1024 }
/** Memory of log records and joined batches kept for re-use. */
const BUFFERS_IDLE_BYTES_MAX = 16 * 1024 * 1024

/** Options with the log chosen. */
type Settings = CheckedOpenOptions & { readonly wal: WalFactory }

/** All parts but those that take writes. */
type Recovered = Omit<DatabaseParts, 'admission' | 'log' | 'setReclaim'>

/** Things to undo, newest first, when opening fails half way. */
type Cleanup = (() => Promise<void>)[]

/**
 * Opens a database: in a directory, which is created if need be and held by this process alone, or
 * in memory.
 *
 * @returns the database, with exactly the acknowledged state
 * @throws StateError `SLUICE_LOCKED` when another process has the directory; CorruptionError;
 * StorageError; InvalidArgumentError for options, a foreign directory or another WAL backend
 * @public
 */
export async function open(options: OpenOptions = {}): Promise<Database> {
  const checked = checkOpenOptions(options)
  const wal = checked.wal ?? (checked.directory === undefined ? memoryWal() : fileWal())
  const cleanup: Cleanup = []
  try {
    return await assemble({ ...checked, wal }, cleanup)
  } catch (error) {
    for (const step of cleanup.reverse()) await step()
    throw error
  }
}

async function assemble(options: Settings, cleanup: Cleanup): Promise<Database> {
  const { directory, readOnly, signal } = options
  throwIfAborted(signal, 'opening')
  const lock = await lockIfNeeded(directory, readOnly)
  if (lock) cleanup.push(() => lock.release())
  const databaseId = await openIdentity(options)
  const events = new Events()
  if (options.onWarning) events.on('warning', options.onWarning)
  const warn: Warn = ({ details, ...warning }) =>
    events.emit('warning', { ...warning, details: bigintsAsText({ ...details }) })
  const timings = new Timings({ onStall: (event) => events.emit('stall', event) })
  const kernels = await selectKernels(options.kernels)
  const { allocator, budget, closeAllocator } = createAllocator(options, kernels)
  if (closeAllocator) cleanup.push(closeAllocator)
  const wal = await openWal(options, (bytes, seed) => kernels.crc32c(bytes, seed), warn)
  cleanup.push(() => wal.close())
  throwIfAborted(signal, 'opening')
  const own = { kernels, areKernelsSelected: options.kernels === 'auto' }
  const clusters = new ClusterRunner(own)
  const encoders = new EncodePool({ ...own, workers: options.ingestWorkers, warn })
  cleanup.push(() => encoders.close())
  const onBuild = (event: BuildEvent): void => events.emit('build', event)
  const stores = { directory, databaseId, readOnly, allocator, kernels, clusters, encoders }
  const factory = new CollectionFactory({ ...stores, timings, onBuild, warn })
  const checkpoints = openCheckpoints(options, { databaseId, kernels, warn })
  const { onProgress } = options
  const databaseTag = tagOf(databaseId)
  const opened = { wal, checkpoints, kernels, factory, databaseTag }
  const recovered = await budget.duringOpening(() =>
    recover({ ...opened, readOnly, warn, signal, onProgress }),
  )
  await restoreLists(recovered, { factory, signal })
  return start(options, {
    ...opened,
    path: directory,
    walFactory: options.wal,
    databaseId,
    allocator,
    clusters,
    encoders,
    searches: new SearchPool(own),
    searchCounts: new SearchCounts(),
    budget,
    events,
    timings,
    lock,
    closeAllocator,
    defaults: {
      durability: options.durability,
      readOnly,
      pieces: options.ingest,
      buffers: createBuffers(),
    },
    checkpoint: options.checkpoint,
    recovered,
  })
}

/** Gets a recovered database ready to be written to. */
function start(options: Settings, parts: Recovered): Database {
  const { wal, kernels, events, timings, recovered, databaseTag, budget } = parts
  let reclaim: ((byteLength: number) => Promise<boolean>) | undefined
  const admission = new Admission({
    queueBytesMax: options.queueBytesMax,
    budget,
    reclaim: async (byteLength) => (await reclaim?.(byteLength)) ?? false,
  })
  const log = new CommitLog({
    wal: {
      capabilities: wal.capabilities,
      append: (records, how) => timings.measure('logAppend', () => wal.append(records, how)),
    },
    buffers: parts.defaults.buffers,
    crc32c: (bytes, seed) => kernels.crc32c(bytes, seed),
    lastLsn: recovered.lastLsn,
    epoch: recovered.epoch + 1,
    databaseTag,
    onPoisoned: (error) => {
      admission.close(poisonedBy(error))
      events.emit('poisoned', error)
    },
  })
  if (!options.readOnly) {
    for (const { state, unspilledBytes } of recovered.unspilled) {
      log.noteUnspilled(state.store, state.visibleRows, unspilledBytes)
    }
  }
  const setReclaim: DatabaseParts['setReclaim'] = (run) => {
    reclaim = run
  }
  return new Database({ ...parts, admission, log, setReclaim })
}

function openCheckpoints(
  { directory, readOnly }: Settings,
  services: Pick<CheckpointDirectoryOptions, 'databaseId' | 'warn'> & { kernels: KernelProvider },
): CheckpointDirectory | undefined {
  if (directory === undefined) return undefined
  const { databaseId, kernels, warn } = services
  return new CheckpointDirectory({
    path: join(directory, CHECKPOINTS_DIRECTORY),
    databaseId,
    readOnly,
    crc32c: (bytes, seed) => kernels.crc32c(bytes, seed),
    warn,
  })
}

async function lockIfNeeded(
  directory: string | undefined,
  readOnly: boolean,
): Promise<DirectoryLock | undefined> {
  if (directory === undefined) return undefined
  if (readOnly) {
    await checkUnlocked(directory)
    return undefined
  }
  try {
    await mkdir(directory, { recursive: true })
  } catch (error) {
    if (hasCode(error, 'EEXIST') || hasCode(error, 'ENOTDIR')) {
      throw unexpected('path', 'a directory', `${directory}, which is a file or lies below one`)
    }
    throw storageErrorFrom(error, `create ${directory}`, { path: directory })
  }
  return lockDirectory(directory)
}

async function openIdentity(options: Settings): Promise<Uint8Array> {
  const { directory, wal, readOnly } = options
  if (directory === undefined) return new Uint8Array(16)
  const { databaseId } = await openFormat(directory, wal.name, readOnly)
  return databaseId
}

/** The memory of rows, ids and metadata, and the bound that writes under way share with it. */
/** The first 4 bytes of an id, as a u32. */
function tagOf(databaseId: Uint8Array): number {
  return new DataView(databaseId.buffer, databaseId.byteOffset).getUint32(0, true)
}

function createAllocator(
  { allocator: given, memoryBytesMax: bytesMax }: CheckedOpenOptions,
  { memory }: KernelProvider,
): {
  allocator: BudgetedAllocator
  budget: MemoryBudget
  closeAllocator: (() => Promise<void>) | undefined
} {
  if (given) {
    const budget = new MemoryBudget({ bytesMax })
    const allocator = new BudgetedAllocator({ inner: given, budget })
    return { allocator, budget, closeAllocator: undefined }
  }
  // The budget is the bound on what is in use; the holes between slabs come on top of it.
  const slabs = new SlabAllocator({
    bytesMax: bytesMax + slackOf(bytesMax),
    idleBytesMax: idleBytesFor(bytesMax),
    ...(memory === undefined ? {} : { prefault: (bytes) => memory.prefault(bytes) }),
  })
  const budget = new MemoryBudget({ bytesMax, idle: slabs })
  const allocator = new BudgetedAllocator({ inner: slabs, budget })
  return { allocator, budget, closeAllocator: () => slabs.close() }
}

function idleBytesFor(bytesMax: number): number {
  const quarter = Math.floor(bytesMax / 4)
  return Math.min(bytesMax, Math.max(IDLE_BYTES.least, Math.min(quarter, IDLE_BYTES.most)))
}

/**
 * Memory for log records, and for batches being joined. On the heap, because LMDB cannot take
 * shared memory without a copy; not under the user's limit, because a write that was admitted must
 * not fail for want of a few KiB: what is in use at once is bounded by the groups under way, and by
 * a piece for each ingest.
 */
function createBuffers(): BufferPool {
  const allocator = new SlabAllocator({
    bytesMax: Number.MAX_SAFE_INTEGER,
    idleBytesMax: BUFFERS_IDLE_BYTES_MAX,
    backing: 'heap',
  })
  return new BufferPool({ allocator })
}

async function openWal(
  options: Settings,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
  warn: Warn,
): Promise<WalBackend> {
  const directory = options.directory && join(options.directory, WAL_DIRECTORY)
  try {
    if (directory !== undefined && !options.readOnly) await mkdir(directory, { recursive: true })
    const wal = await options.wal.open({ directory, readOnly: options.readOnly, crc32c, warn })
    try {
      checkCapabilities(options.wal, wal, directory !== undefined)
    } catch (error) {
      await wal.close()
      throw error
    }
    return wal
  } catch (error) {
    throw storageErrorFrom(error, 'open the log', { directory })
  }
}
