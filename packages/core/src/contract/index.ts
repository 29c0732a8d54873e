/** The four seams, re-exported. */

export type { AllocateOptions, Allocator, AllocatorStats, Lease } from './allocator.js'
export type {
  AssignTask,
  CentroidGroups,
  CodeBound,
  CodeKernels,
  CodeScan,
  CodeSpace,
  EncodeTask,
  MeansTask,
  QueryTerms,
  Survivors,
} from './code-kernels.js'
export type { Durability } from './durability.js'
export type {
  IngestOutcome,
  IngestTask,
  KernelProvider,
  KernelProviderInfo,
  NearestHeap,
  ScanRange,
  ScanTask,
} from './kernel-provider.js'
export type {
  CodeLists,
  ListKernels,
  ListSearch,
  RowTable,
  SearchCost,
  SearchOutcome,
} from './list-search.js'
export type { GatherTask, MemoryHelpers, MemoryKernels, MemoryRegion } from './memory-kernels.js'
export type {
  RestoreOptions,
  RowSpan,
  SegmentView,
  VectorStore,
  VectorStoreCapabilities,
  VectorStoreStats,
} from './vector-store.js'
export type {
  WalAppendOptions,
  WalAppendResult,
  WalBackend,
  WalCapabilities,
  WalFactory,
  WalOpenContext,
  WalProblem,
  WalRecord,
  WalStats,
} from './wal-backend.js'
