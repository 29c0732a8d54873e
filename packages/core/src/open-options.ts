/** What a database can be told when it is opened, checked and with every default filled in. */

import { totalmem } from 'node:os'
import { resolve } from 'node:path'
import { checkDurability } from './check-durability.js'
import { checkInteger, checkOptions, checkSignal, readInput, unexpected } from './checks.js'
import type { Allocator, Durability, KernelProvider, WalFactory } from './contract/index.js'
import {
  checkIngestSettings,
  checkIngestWorkers,
  type IngestBounds,
  type IngestSettings,
  type IngestWorkers,
} from './ingest-settings.js'
import { LIMITS } from './limits.js'
import type { SluiceWarning } from './warning.js'

/** What a kernel provider must be able to do. */
const KERNEL_METHODS: ReadonlyArray<keyof KernelProvider> = [
  'ingest',
  'crc32c',
  'distances',
  'distancesRange',
  'nearest',
  'encode',
  'packBlock',
  'buildTables',
  'scanSums',
  'scanBlocks',
  'assign',
  'accumulateMeans',
  'searchLists',
  'region',
  'readRegion',
  'gatherRows',
]

/**
 * Options of `open`.
 *
 * @public
 */
export interface OpenOptions {
  /**
   * The directory, created if need be. Left out: a database in memory. A `path` that is given as
   * `undefined` is refused, lest a missing setting makes a database that nothing keeps.
   */
  readonly path?: string
  /** The log. Default: `fileWal()`, or `memoryWal()` without a path. */
  readonly wal?: WalFactory | undefined
  /** Where slabs and tables come from. Default: a `SlabAllocator` of `@sluice/pool`. */
  readonly allocator?: Allocator
  /** `auto`: the native kernels where they load, else the scalar ones. Default `auto`. */
  readonly kernels?: 'auto' | KernelProvider
  /**
   * Threads that encode rows for the index, beside the event loop; 0: the event loop does. Rows are
   * encoded soon after they came, and compared exactly by searches before that. `stats()` says who
   * encodes: nobody but the event loop where kernels are the caller's, or memory is not shared.
   * Default `auto`: what pays, which is 0 with native kernels.
   */
  readonly ingestWorkers?: IngestWorkers
  /** What writes ask for when they do not say. Default `disk`. */
  readonly durability?: Durability
  /**
   * Most bytes of memory for rows, ids, metadata and writes under way together. A write over it
   * waits for those under way, then it is refused. Default: 80 % of what there is.
   */
  readonly memoryBytesMax?: number
  /** Most bytes of writes under way; more wait their turn. Default 256 MiB. */
  readonly queueBytesMax?: number
  /** How `ingest` puts the batches of its source together. */
  readonly ingest?: IngestSettings
  /**
   * When the log is cut: after `logBytesMax` bytes of it (default 64 MiB), `intervalMs` after
   * something was written (default 60,000), and about a second after so many rows died that a
   * sixteenth of all space can be given back. `false`: only by `Database.checkpoint()`; in memory,
   * where nobody reads it, it is cut all the same.
   */
  readonly checkpoint?: false | CheckpointOptions
  /**
   * Whether nothing may be written, in the directory or through the API. Refused while a writer has
   * the directory open; several that only read may share it, as long as no writer comes. Default
   * false.
   */
  readonly readOnly?: boolean
  /** Takes warnings, also those of the opening itself, as a listener of `warning` does later. */
  readonly onWarning?: ((warning: SluiceWarning) => void) | undefined
  /** Told how far opening has got. */
  readonly onProgress?: ((progress: OpenProgress) => void) | undefined
  /** Gives up opening. */
  readonly signal?: AbortSignal | undefined
}

/**
 * When checkpoints are made in the background.
 *
 * @public
 */
export interface CheckpointOptions {
  /** Bytes of log. Default 64 MiB. */
  readonly logBytesMax?: number
  /** Milliseconds. Default 60,000. */
  readonly intervalMs?: number
}

/**
 * How far opening has got.
 *
 * @public
 */
export interface OpenProgress {
  /** `rows`: reading segments; `log`: replaying what came after the checkpoint. */
  readonly phase: 'rows' | 'log'
  /** Bytes of rows read, or records replayed. */
  readonly done: number
  /** What there is in all. */
  readonly total: number
}

/**
 * Options of `open`, complete.
 *
 * @internal
 */
export interface CheckedOpenOptions {
  readonly directory: string | undefined
  readonly wal: WalFactory | undefined
  readonly allocator: Allocator | undefined
  readonly kernels: 'auto' | KernelProvider
  readonly ingestWorkers: IngestWorkers
  readonly durability: Durability
  readonly memoryBytesMax: number
  readonly queueBytesMax: number
  readonly ingest: Required<IngestSettings>
  readonly checkpoint: Required<CheckpointOptions> | undefined
  readonly readOnly: boolean
  readonly onWarning: ((warning: SluiceWarning) => void) | undefined
  readonly onProgress: ((progress: OpenProgress) => void) | undefined
  readonly signal: AbortSignal | undefined
}

const MEMORY_SHARE = 0.8
/** The longest time that a timer of Node.js takes. */
const TIMER_MS_MAX = 2 ** 31 - 1
const KEYS = [
  'path',
  'wal',
  'allocator',
  'kernels',
  'ingestWorkers',
  'durability',
  'memoryBytesMax',
  'queueBytesMax',
  'ingest',
  'checkpoint',
  'readOnly',
  'onWarning',
  'onProgress',
  'signal',
] as const

/**
 * Checks the options of `open`.
 *
 * @throws InvalidArgumentError naming the option
 * @internal
 */
export function checkOpenOptions(options: unknown): CheckedOpenOptions {
  const given = checkOptions('options', options, KEYS, 'an object such as { path }')
  const directory = checkPath(given.path, options)
  const { readOnly = false, kernels = 'auto' } = given
  if (typeof readOnly !== 'boolean') throw unexpected('readOnly', 'a boolean', readOnly)
  if (readOnly && directory === undefined) {
    throw unexpected('readOnly', 'false for a database in memory', readOnly)
  }
  const bounds = checkBounds(given)
  return {
    directory,
    wal: checkWal(given.wal),
    allocator: checkAllocator(given.allocator),
    kernels: checkKernels(kernels),
    ingestWorkers: checkIngestWorkers(given.ingestWorkers),
    durability: checkDurability(given.durability ?? 'disk'),
    ...bounds,
    ingest: checkIngestSettings(given.ingest, bounds),
    checkpoint: checkCheckpoint(given.checkpoint),
    readOnly,
    onWarning: checkListener<SluiceWarning>('onWarning', given.onWarning),
    onProgress: checkListener<OpenProgress>('onProgress', given.onProgress),
    signal: checkSignal(given.signal),
  }
}

function checkBounds(given: { memoryBytesMax?: unknown; queueBytesMax?: unknown }): IngestBounds {
  const {
    memoryBytesMax = Math.floor(usableMemory() * MEMORY_SHARE),
    queueBytesMax = LIMITS.queueBytesMaxDefault,
  } = given
  const max = Number.MAX_SAFE_INTEGER
  return {
    memoryBytesMax: checkInteger('memoryBytesMax', memoryBytesMax, 1, max),
    queueBytesMax: checkInteger('queueBytesMax', queueBytesMax, 1, max),
  }
}

/** Memory of the machine, or of the container where that is less; 0 there means no limit. */
function usableMemory(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

function checkPath(path: unknown, options: unknown): string | undefined {
  if (path === undefined) {
    // As from a variable of the environment that is not set: nobody wants to lose data over it.
    const isGiven = readInput('options', () => Object.hasOwn(Object(options), 'path'))
    if (isGiven) throw unexpected('path', 'a string (leave it out for a database in memory)', path)
    return undefined
  }
  if (typeof path === 'string' && path.length > 0 && !path.includes('\0')) return resolve(path)
  throw unexpected('path', 'a non-empty string', path)
}

function checkWal(wal: unknown): WalFactory | undefined {
  if (wal === undefined) return undefined
  if (hasMethod(wal, 'open') && 'name' in wal && typeof wal.name === 'string') {
    return wal as unknown as WalFactory
  }
  throw unexpected('wal', 'a WAL factory, such as the result of fileWal()', wal)
}

function checkAllocator(allocator: unknown): Allocator | undefined {
  if (allocator === undefined) return undefined
  if (hasMethod(allocator, 'allocate') && hasMethod(allocator, 'stats')) {
    return allocator as unknown as Allocator
  }
  throw unexpected('allocator', 'an allocator, such as a SlabAllocator', allocator)
}

function checkKernels(kernels: unknown): 'auto' | KernelProvider {
  if (kernels === 'auto') return kernels
  if (KERNEL_METHODS.every((name) => hasMethod(kernels, name))) {
    return kernels as unknown as KernelProvider
  }
  throw unexpected('kernels', "'auto' or a kernel provider, such as scalarKernels", kernels)
}

function checkCheckpoint(checkpoint: unknown): Required<CheckpointOptions> | undefined {
  if (checkpoint === false) return undefined
  const given = checkOptions('checkpoint', checkpoint, ['logBytesMax', 'intervalMs'])
  const {
    logBytesMax = LIMITS.checkpointLogBytesMaxDefault,
    intervalMs = LIMITS.checkpointIntervalMsDefault,
  } = given
  return {
    logBytesMax: checkInteger('checkpoint.logBytesMax', logBytesMax, 1, Number.MAX_SAFE_INTEGER),
    intervalMs: checkInteger('checkpoint.intervalMs', intervalMs, 1, TIMER_MS_MAX),
  }
}

/**
 * Checks an optional function that is told of something.
 *
 * @param name - the argument, for the message
 * @param listener - what the caller gave
 * @throws `SLUICE_INVALID_ARGUMENT`
 * @internal
 */
export function checkListener<Event>(
  name: string,
  listener: unknown,
): ((event: Event) => void) | undefined {
  if (listener === undefined) return undefined
  if (typeof listener === 'function') return listener as (event: Event) => void
  throw unexpected(name, 'a function', listener)
}

function hasMethod(value: unknown, name: string): value is object {
  if (typeof value !== 'object' || value === null) return false
  try {
    return typeof Reflect.get(value, name) === 'function'
  } catch {
    // A getter or proxy that throws is not one of ours; the caller names the argument.
    return false
  }
}
