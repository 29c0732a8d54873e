/** What a database is made of, put together when it is opened. Types only. */

import type { CollectionServices } from '../collection/collection-services.js'
import type { Allocator, KernelProvider, WalBackend, WalFactory } from '../contract/index.js'
import type { ClusterRunner } from '../index/cluster/cluster-runner.js'
import type { EncodePool } from '../index/encode/encode-pool.js'
import type { Admission } from '../ingest/admission.js'
import type { CommitLog } from '../ingest/commit-log.js'
import type { MemoryBudget } from '../ingest/memory-budget.js'
import type { Events } from '../observe/events.js'
import type { Timings } from '../observe/timings.js'
import type { SearchPool } from '../search/many/search-pool.js'
import type { SearchCounts } from '../search/search-counts.js'
import type { CheckpointDirectory } from './checkpoint/checkpoint-directory.js'
import type { CheckpointTriggers } from './checkpoint/checkpointer-options.js'
import type { CollectionFactory } from './collection-factory.js'
import type { DirectoryLock } from './directory-lock.js'
import type { Recovered } from './recovery.js'

/**
 * The parts of a database.
 *
 * @internal
 */
export interface DatabaseParts {
  readonly path: string | undefined
  readonly walFactory: WalFactory
  readonly wal: WalBackend
  /** 16 bytes; zero in memory. */
  readonly databaseId: Uint8Array
  /** What log records are stamped with. */
  readonly databaseTag: number
  readonly kernels: KernelProvider
  readonly allocator: Allocator
  /** Makes the lists of all collections. */
  readonly clusters: ClusterRunner
  /** The threads that encode. */
  readonly encoders: EncodePool
  /** The threads of searches. */
  readonly searches: SearchPool
  readonly searchCounts: SearchCounts
  readonly budget: MemoryBudget
  readonly admission: Admission
  readonly log: CommitLog
  readonly events: Events
  readonly timings: Timings
  readonly factory: CollectionFactory
  readonly lock: DirectoryLock | undefined
  /** Ends the allocator, when it is the database's own. */
  readonly closeAllocator: (() => Promise<void>) | undefined
  readonly defaults: Pick<CollectionServices, 'durability' | 'readOnly' | 'pieces' | 'buffers'>
  /** Undefined in memory. */
  readonly checkpoints: CheckpointDirectory | undefined
  /** When checkpoints are made in the background; undefined: never. */
  readonly checkpoint: CheckpointTriggers | undefined
  readonly recovered: Recovered
  /** Takes what gives back memory that nobody needs, `byteLength` of it; was there any? */
  readonly setReclaim: (reclaim: (byteLength: number) => Promise<boolean>) => void
}
