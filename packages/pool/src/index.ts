/**
 * Memory for Sluice: slabs under a hard limit, reference-counted I/O buffers, reusable objects.
 */
export type { AllocateOptions, Allocator, AllocatorStats, Lease } from './allocator.js'
export { BACKING_KINDS, type BackingKind } from './backing/backing.js'
export {
  type BufferLease,
  BufferPool,
  type BufferPoolOptions,
  type BufferPoolStats,
} from './buffer-pool.js'
export type { LeakReport } from './leak-tracker.js'
export { ObjectPool, type ObjectPoolOptions, type ObjectPoolStats } from './object-pool.js'
export { PoolError, type PoolErrorCode, type PoolErrorDetails } from './pool-error.js'
export { ALIGNMENT_MAX, ALLOCATION_BYTES_MAX, classBytes, sizeClassOf } from './size-classes.js'
export {
  type ReserveOptions,
  SlabAllocator,
  type SlabAllocatorOptions,
} from './slab-allocator.js'
