/** Turns what a user says about a collection into a stored schema, or refuses it. */

import { checkInteger, checkOptions, unexpected } from './checks.js'
import { DTYPES, type Dtype, strideOf } from './dtype.js'
import { InvalidArgumentError } from './errors.js'
import { LIMITS } from './limits.js'
import { METRICS, type Metric, metricFits } from './metric.js'
import { render } from './render.js'
import {
  INDEX_TYPES,
  type IndexSchema,
  type IndexType,
  type RetentionSchema,
  type StoredSchema,
} from './schema.js'

/** What stays as it was when the collection was created. */
const FIXED_KEYS = ['dimension', 'dtype', 'metric', 'segmentBytes', 'index'] as const
const KEYS = [...FIXED_KEYS, 'retention'] as const
const RETENTION_KEYS = ['rowsMax', 'bytesMax', 'ttlMs'] as const
const ROWS_PER_SEGMENT_MIN = 32

/**
 * Checks a schema and fills in the defaults.
 *
 * @throws InvalidArgumentError naming the field, what is allowed and what was given
 * @internal
 */
export function completeSchema(schema: unknown): StoredSchema {
  const given = checkOptions('schema', schema, KEYS)
  const dimension = checkInteger('dimension', given.dimension, 1, LIMITS.dimensionMax)
  const dtype = oneOf<Dtype>('dtype', given.dtype ?? 'float32', DTYPES)
  const metricDefault: Metric = dtype === 'bit' ? 'hamming' : 'cosine'
  const metric = oneOf<Metric>('metric', given.metric ?? metricDefault, METRICS)
  if (!metricFits(metric, dtype)) {
    const fitting = METRICS.filter((each) => metricFits(each, dtype)).join(', ')
    throw unexpected('metric', `${fitting} for dtype '${dtype}'`, metric)
  }
  const segmentBytes = checkSegmentBytes(given.segmentBytes, strideOf(dtype, dimension))
  const index = completeIndex(given.index)
  return { dimension, dtype, metric, segmentBytes, index, ...completeRetention(given.retention) }
}

/**
 * Checks what a user says about an existing collection; fields left out are not compared.
 *
 * @throws InvalidArgumentError `SLUICE_SCHEMA_MISMATCH` naming every field that differs
 * @internal
 */
export function checkSameSchema(name: string, stored: StoredSchema, schema: unknown): void {
  const { retention: _, ...asked } = checkOptions('schema', schema, KEYS)
  const index = asked.index === undefined ? undefined : completeIndex(asked.index).type
  const given = { ...asked, index }
  const own = { ...stored, index: stored.index.type }
  const differing = FIXED_KEYS.filter((key) => given[key] !== undefined && given[key] !== own[key])
  if (differing.length === 0) return
  const list = differing.map((key) => `${key} ${own[key]}, not ${render(given[key])}`).join('; ')
  throw new InvalidArgumentError('SLUICE_SCHEMA_MISMATCH', `collection "${name}" has ${list}`, {
    details: { collection: name, stored, differing },
  })
}

/**
 * What a user says about how long rows of an existing collection are kept.
 *
 * @returns undefined where it is what is stored, or not given; else what is to be stored instead,
 * in a field that is left out where rows are to stay for ever
 * @throws InvalidArgumentError naming the bound
 * @internal
 */
export function changedRetention(
  stored: StoredSchema,
  schema: unknown,
): { readonly retention?: RetentionSchema } | undefined {
  const { retention: given } = checkOptions('schema', schema, KEYS)
  if (given === undefined) return undefined
  const asked = completeRetention(given)
  const isSame = RETENTION_KEYS.every((key) => asked.retention?.[key] === stored.retention?.[key])
  return isSame ? undefined : asked
}

function completeRetention(given: unknown): { readonly retention?: RetentionSchema } {
  if (given === undefined || given === null) return {}
  const bounds = checkOptions('retention', given, RETENTION_KEYS)
  const retention = Object.fromEntries(
    RETENTION_KEYS.filter((key) => bounds[key] !== undefined).map((key) => {
      const max = key === 'rowsMax' ? LIMITS.rowsPerCollectionMax : Number.MAX_SAFE_INTEGER
      return [key, checkInteger(`retention.${key}`, bounds[key], 1, max)]
    }),
  )
  if (Object.keys(retention).length > 0) return { retention }
  throw unexpected('retention', 'at least one of rowsMax, bytesMax and ttlMs', given)
}

function completeIndex(index: unknown): IndexSchema {
  const { type = 'codes' } = checkOptions('index', index, ['type'])
  return { type: oneOf<IndexType>('index.type', type, INDEX_TYPES) }
}

function checkSegmentBytes(given: unknown, stride: number): number {
  const { segmentBytesDefault, segmentBytesMin, segmentBytesMax, pageBytes } = LIMITS
  const asked = given ?? segmentBytesDefault
  const bytes = checkInteger('segmentBytes', asked, segmentBytesMin, segmentBytesMax)
  if ((bytes & (bytes - 1)) !== 0) throw unexpected('segmentBytes', 'a power of two', bytes)
  const least = ROWS_PER_SEGMENT_MIN * stride + pageBytes
  if (least <= bytes) return bytes
  throw unexpected('segmentBytes', `at least ${least} for rows of ${stride} bytes`, bytes)
}

function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const match = allowed.find((each) => each === value)
  if (match !== undefined) return match
  throw unexpected(name, allowed.map((each) => `'${each}'`).join(', '), value)
}
