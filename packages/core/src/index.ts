/** The public door of `@sluice/core`. */

export { Collection } from './collection/collection.js'
export type { CollectionStats } from './collection/state/stats.js'
export type {
  Batch,
  DeleteResult,
  IdsInput,
  Include,
  IngestOptions,
  IngestProgress,
  IngestResult,
  IterateOptions,
  NumbersInput,
  OptimizeOptions,
  OptimizeProgress,
  QueryVector,
  ReadOptions,
  Row,
  SearchManyOptions,
  SearchOptions,
  SearchSettings,
  VectorDataInput,
  VectorsInput,
  WriteOptions,
  WriteResult,
} from './collection/types.js'
export {
  type CommitOptions,
  VectorWriter,
  type WriterLabels,
  type WriterOptions,
  type WriterSpan,
} from './collection/write/vector-writer.js'
export type * from './contract/index.js'
export { Database } from './database/database.js'
export type {
  CheckpointStats,
  DatabaseStats,
  DiskStats,
  MemoryStats,
  NamedWalStats,
} from './database/database-stats.js'
export type { LifecycleState } from './database/lifecycle.js'
export type { VerifyProblem, VerifyReport } from './database/verify/report.js'
export type { VerifyOptions, VerifyProgress } from './database/verify/verify-options.js'
export {
  DTYPES,
  type Dtype,
  elementsPerRow,
  strideOf,
  type VectorData,
  type VectorDataByDtype,
} from './dtype.js'
export {
  AbortError,
  CorruptionError,
  type ErrorContext,
  type ErrorDetails,
  InternalError,
  InvalidArgumentError,
  SluiceError,
  type SluiceErrorCode,
  type SluiceErrorCodes,
  type SluiceErrorJson,
  StateError,
  StorageError,
  storageErrorFrom,
} from './errors.js'
export type { IdKind } from './id-kind.js'
export type { IndexStats } from './index/code-view.js'
export type { IngestWorkersStats } from './index/encode/encode-pool.js'
export type { CommitStats } from './ingest/commit-stats.js'
export type { BudgetStats } from './ingest/memory-budget.js'
export type { QueueDepthStats, QueueStats } from './ingest/queue-depths.js'
export type { IngestSettings, IngestWorkers } from './ingest-settings.js'
export {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  type FloatSource,
} from './kernels/half.js'
export { crc32c } from './kernels/scalar/crc32c.js'
export { scalarKernels } from './kernels/scalar/scalar-kernels.js'
export { LIMITS, type Limits } from './limits.js'
export { distanceOf, METRICS, type Metric, metricFits, scoreOf } from './metric.js'
export type { BuildEvent, CheckpointEvent, DatabaseEvents } from './observe/events.js'
export type { TimingStats } from './observe/latency-histogram.js'
export type { StallEvent, TimingName, TimingsStats } from './observe/timings.js'
export { open } from './open.js'
export type { CheckpointOptions, OpenOptions, OpenProgress } from './open-options.js'
export type { IdColumn, Metadata, VectorId } from './row.js'
export type {
  CollectionSchema,
  IndexSchema,
  IndexType,
  RetentionSchema,
  StoredSchema,
} from './schema.js'
export { type Hit, Hits } from './search/hits.js'
export type { SearchStats } from './search/search-counts.js'
export * from './wal/index.js'
export type { SluiceWarning, SluiceWarningCode, SluiceWarningCodes, Warn } from './warning.js'
