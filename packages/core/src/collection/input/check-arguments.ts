/**
 * From what a caller gave to a collection to plain, checked values. Everything is read once, so
 * that a getter or proxy cannot say one thing to the check and another to the code behind it.
 */

import { types } from 'node:util'
import { checkDurability } from '../../check-durability.js'
import { checkInteger, checkOptions, checkSignal, readInput, unexpected } from '../../checks.js'
import type { Durability } from '../../contract/index.js'
import { LIMITS } from '../../limits.js'
import { type Metric, orderingBoundOf } from '../../metric.js'
import type { StoredSchema } from '../../schema.js'
import { parseIds } from '../ids/id-input.js'
import { encodeMetadata } from '../rows/metadata-codec.js'
import type { CollectionState } from '../state/collection-state.js'
import type { Include, IngestProgress, OptimizeProgress } from '../types.js'
import { checkLimit } from './batch-size.js'
import type { CheckedBatch, RowLabels, RowWriteOptions } from './checked-batch.js'
import { isAsyncIterable, isIterable } from './is-iterable.js'
import { type ParsedVectors, parseVector, parseVectors } from './vector-input.js'

const BATCH_KEYS = ['ids', 'vectors', 'metadata'] as const
const LABEL_KEYS = ['ids', 'metadata'] as const
const WRITE_KEYS = ['durability', 'signal'] as const
const COMMIT_KEYS = ['mode', ...WRITE_KEYS] as const
const INGEST_KEYS = ['durability', 'signal', 'onProgress'] as const
const OPTIMIZE_KEYS = ['signal', 'onProgress'] as const
const SETTING_KEYS = ['k', 'minScore', 'recall', 'exact', 'include', 'signal'] as const
const SEARCH_KEYS = ['vector', ...SETTING_KEYS] as const
const SEARCH_MANY_KEYS = ['vectors', ...SETTING_KEYS] as const
const DEFAULT_K = 10
const DEFAULT_RECALL = 0.95

/**
 * Options of a write, checked.
 *
 * @internal
 */
export interface CheckedWriteOptions {
  readonly durability: Durability
  readonly signal: AbortSignal | undefined
}

/**
 * Options of an ingest, checked.
 *
 * @internal
 */
export interface CheckedIngestOptions extends CheckedWriteOptions {
  readonly onProgress: ((progress: IngestProgress) => void) | undefined
}

/**
 * Options of an optimization, checked.
 *
 * @internal
 */
export interface CheckedOptimizeOptions {
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: OptimizeProgress) => void) | undefined
}

/**
 * What is said of queries, checked.
 *
 * @internal
 */
export interface CheckedSettings {
  readonly k: number
  /** Undefined: the search is exact. */
  readonly recall: number | undefined
  /** The largest ordering distance of a hit. */
  readonly distanceMax: number
  readonly include: ReadonlySet<Include>
  readonly signal: AbortSignal | undefined
}

/**
 * Options of a search, checked.
 *
 * @internal
 */
export interface CheckedSearch extends CheckedSettings {
  /** One packed row. */
  readonly vector: Uint8Array
}

/**
 * Options of a search of many queries, checked but for the values of vectors.
 *
 * @internal
 */
export interface CheckedSearchMany extends CheckedSettings {
  readonly vectors: ParsedVectors
}

/**
 * Checks the shape and types of a batch; the values of vectors are checked as they are copied.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkBatch(state: CollectionState, batch: unknown): CheckedBatch {
  const expected = 'an object such as { ids, vectors }'
  const { vectors, ...labels } = checkOptions('batch', batch, BATCH_KEYS, expected)
  const { rowCount, bytes } = parseVectors(state.schema, vectors)
  return { ...parseLabels(state, labels, rowCount), source: bytes }
}

/**
 * Checks what is said of rows that were filled in place.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkLabels(state: CollectionState, labels: unknown, rowCount: number): RowLabels {
  return parseLabels(state, checkOptions('labels', labels, LABEL_KEYS), rowCount)
}

function parseLabels(
  state: CollectionState,
  given: Readonly<Partial<Record<(typeof LABEL_KEYS)[number], unknown>>>,
  rowCount: number,
): RowLabels {
  const ids = given.ids === undefined ? undefined : parseIds(given.ids, rowCount)
  state.checkIdKind(ids?.kind ?? 'assigned', rowCount)
  const { metadata } = given
  return {
    rowCount,
    ids,
    metadata: metadata === undefined ? undefined : encodeMetadata(metadata, rowCount),
  }
}

/**
 * Checks the options of a write.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkWriteOptions(options: unknown, fallback: Durability): CheckedWriteOptions {
  const { durability = fallback, signal } = checkOptions('options', options, WRITE_KEYS)
  return { durability: checkDurability(durability), signal: checkSignal(signal) }
}

/**
 * Checks the options of a commit of rows that were filled in place.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkCommitOptions(options: unknown, fallback: Durability): RowWriteOptions {
  const { mode = 'add', ...rest } = checkOptions('options', options, COMMIT_KEYS)
  if (mode !== 'add' && mode !== 'upsert') throw unexpected('mode', "'add' or 'upsert'", mode)
  return { mode, ...checkWriteOptions(rest, fallback) }
}

/**
 * Checks the options of an ingest.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkIngestOptions(options: unknown, fallback: Durability): CheckedIngestOptions {
  const given = checkOptions('options', options, INGEST_KEYS)
  const { durability = fallback, signal, onProgress } = given
  return {
    durability: checkDurability(durability),
    signal: checkSignal(signal),
    onProgress: checkCallback(onProgress) as CheckedIngestOptions['onProgress'],
  }
}

/**
 * Checks the options of an optimization.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkOptimizeOptions(options: unknown): CheckedOptimizeOptions {
  const { signal, onProgress } = checkOptions('options', options, OPTIMIZE_KEYS)
  return {
    signal: checkSignal(signal),
    onProgress: checkCallback(onProgress) as CheckedOptimizeOptions['onProgress'],
  }
}

/**
 * Checks the options of a search.
 *
 * @param room - of one packed row, which the query may be copied to
 * @throws InvalidArgumentError
 * @internal
 */
export function checkSearch(
  schema: StoredSchema,
  options: unknown,
  room: Uint8Array,
): CheckedSearch {
  const given = checkOptions('options', options, SEARCH_KEYS, 'an object such as { vector }')
  return { vector: parseVector(schema, given.vector, room), ...checkSettings(schema, given) }
}

/**
 * Checks the options of a search of many queries; the values of vectors are checked as they are
 * copied.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkSearchMany(schema: StoredSchema, options: unknown): CheckedSearchMany {
  const expected = 'an object such as { vectors }'
  const { vectors: given, ...rest } = checkOptions('options', options, SEARCH_MANY_KEYS, expected)
  const settings = checkSettings(schema, rest)
  const vectors = parseVectors(schema, given)
  checkLimit('queries of one search', vectors.rowCount, LIMITS.rowsPerBatchMax)
  const hits = vectors.rowCount * settings.k
  checkLimit('hits of one search (queries times k)', hits, LIMITS.searchManyHitsMax)
  return { vectors, ...settings }
}

function checkSettings(
  schema: StoredSchema,
  given: Readonly<Partial<Record<(typeof SETTING_KEYS)[number], unknown>>>,
): CheckedSettings {
  const { k = DEFAULT_K } = given
  return {
    k: checkInteger('k', k, 1, LIMITS.searchKMax),
    recall: recallOf(given),
    distanceMax: distanceMaxOf(schema.metric, given.minScore),
    include: parseInclude(given.include),
    signal: checkSignal(given.signal),
  }
}

/**
 * Checks that a source of batches can be walked through.
 *
 * @throws InvalidArgumentError
 * @internal
 */
export function checkSource(source: unknown): void {
  const isObject = typeof source === 'object' && source !== null && !types.isProxy(source)
  if (isObject && !ArrayBuffer.isView(source)) {
    if (isAsyncIterable(source) || isIterable(source)) return
  }
  throw unexpected('source', 'an iterable or async iterable of batches', source)
}

function checkCallback(onProgress: unknown): unknown {
  if (onProgress === undefined || typeof onProgress === 'function') return onProgress
  throw unexpected('onProgress', 'a function', onProgress)
}

function recallOf(given: {
  readonly exact?: unknown
  readonly recall?: unknown
}): number | undefined {
  const { exact = false, recall } = given
  if (typeof exact !== 'boolean') throw unexpected('exact', 'a boolean', exact)
  if (exact && recall !== undefined) throw unexpected('recall', 'nothing beside `exact`', recall)
  if (exact) return undefined
  if (recall === undefined) return DEFAULT_RECALL
  if (typeof recall === 'number' && recall > 0 && recall < 1) return recall
  throw unexpected('recall', 'a number above 0 and below 1 (or `exact: true`)', recall)
}

function distanceMaxOf(metric: Metric, minScore: unknown): number {
  if (minScore === undefined) return Number.POSITIVE_INFINITY
  if (typeof minScore === 'number' && minScore < Number.POSITIVE_INFINITY) {
    return orderingBoundOf(metric, minScore)
  }
  throw unexpected('minScore', 'a number below infinity', minScore)
}

/**
 * Checks the option `include`.
 *
 * @throws InvalidArgumentError for anything but an array of the known parts
 * @internal
 */
export function parseInclude(include: unknown): ReadonlySet<Include> {
  if (include === undefined) return new Set<Include>(['metadata'])
  const parts = readInput('include', () => (Array.isArray(include) ? [...include] : undefined))
  const known: readonly unknown[] = ['metadata', 'vector']
  if (parts?.every((part) => known.includes(part))) return new Set<Include>(parts)
  const wrong = parts?.find((part) => !known.includes(part))
  throw unexpected('include', "an array of 'metadata' and 'vector'", wrong ?? include)
}
