/** A schema as a list of plain values: the form in which the log keeps it. */

import { DTYPES } from '../../dtype.js'
import { LIMITS } from '../../limits.js'
import { METRICS, metricFits } from '../../metric.js'
import { INDEX_TYPES, type RetentionSchema, type StoredSchema } from '../../schema.js'

/**
 * The stored form of a retention: the most rows, bytes and milliseconds, null where there is no
 * such bound; null where rows stay for ever.
 *
 * @internal
 */
export type RetentionValues = readonly [number | null, number | null, number | null] | null

/**
 * The stored form: dimension, dtype, metric, segment bytes, index type, retention. The last two are
 * left out where they say nothing else than collections of earlier releases, which have none of
 * them: `codes`, and for ever.
 *
 * @internal
 */
export type SchemaValues =
  | readonly [number, string, string, number]
  | readonly [number, string, string, number, string]
  | readonly [number, string, string, number, string, RetentionValues]

/**
 * The values of a schema in their stored order.
 *
 * @internal
 */
export function schemaToValues(schema: StoredSchema): SchemaValues {
  const { dimension, dtype, metric, segmentBytes, index, retention } = schema
  const values = [dimension, dtype, metric, segmentBytes] as const
  if (retention) return [...values, index.type, retentionToValues(retention)]
  return index.type === 'codes' ? values : [...values, index.type]
}

/**
 * The values of a retention in their stored order.
 *
 * @internal
 */
export function retentionToValues(retention: RetentionSchema | undefined): RetentionValues {
  if (retention === undefined) return null
  const { rowsMax = null, bytesMax = null, ttlMs = null } = retention
  return [rowsMax, bytesMax, ttlMs]
}

/**
 * A retention from stored values, in a field that is left out where rows stay for ever; undefined
 * when they are not of the right types. Ranges are the business of {@link retentionProblem}.
 *
 * @internal
 */
export function retentionFromValues(
  values: unknown,
): { readonly retention?: RetentionSchema } | undefined {
  if (values === null) return {}
  if (!Array.isArray(values) || values.length !== 3) return undefined
  const bounds = values as readonly unknown[]
  if (!bounds.every((bound) => bound === null || typeof bound === 'number')) return undefined
  const names = ['rowsMax', 'bytesMax', 'ttlMs'] as const
  const given = names.flatMap((name, i) => (bounds[i] === null ? [] : [[name, bounds[i]]]))
  return { retention: Object.fromEntries(given) as RetentionSchema }
}

/**
 * The first rule that a retention breaks, in words; undefined for a good one.
 *
 * @internal
 */
export function retentionProblem(retention: RetentionSchema | undefined): string | undefined {
  if (retention === undefined) return undefined
  const { rowsMax, bytesMax, ttlMs } = retention
  if (rowsMax === undefined && bytesMax === undefined && ttlMs === undefined) {
    return 'the retention has no bound'
  }
  if (!isBound(rowsMax, LIMITS.rowsPerCollectionMax)) return `rowsMax ${rowsMax} is out of range`
  if (!isBound(bytesMax, Number.MAX_SAFE_INTEGER)) return `bytesMax ${bytesMax} is out of range`
  if (!isBound(ttlMs, Number.MAX_SAFE_INTEGER)) return `ttlMs ${ttlMs} is out of range`
  return undefined
}

function isBound(value: number | undefined, max: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)
}

/**
 * A schema from stored values, or undefined when they are not of the right types.
 * Ranges are the business of {@link schemaProblem}.
 *
 * @internal
 */
export function schemaFromValues(values: unknown): StoredSchema | undefined {
  if (!Array.isArray(values) || values.length < 4 || values.length > 6) return undefined
  const [dimension, dtypeName, metricName, segmentBytes, indexName = 'codes', bounds = null] =
    values as readonly unknown[]
  const stored = retentionFromValues(bounds)
  const dtype = DTYPES.find((name) => name === dtypeName)
  const metric = METRICS.find((name) => name === metricName)
  const type = INDEX_TYPES.find((name) => name === indexName)
  if (dtype === undefined || metric === undefined || type === undefined) return undefined
  if (stored === undefined || typeof segmentBytes !== 'number') return undefined
  if (typeof dimension !== 'number') return undefined
  return { dimension, dtype, metric, segmentBytes, index: { type }, ...stored }
}

/**
 * The first rule that a schema breaks, in words; undefined for a good one.
 *
 * @internal
 */
export function schemaProblem(schema: StoredSchema): string | undefined {
  const { dimension, dtype, metric, segmentBytes } = schema
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > LIMITS.dimensionMax) {
    return `dimension ${dimension} is not 1 to ${LIMITS.dimensionMax}`
  }
  if (!DTYPES.includes(dtype)) return `dtype ${dtype} is unknown`
  if (!METRICS.includes(metric) || !metricFits(metric, dtype)) {
    return `metric ${metric} does not go with dtype ${dtype}`
  }
  const { segmentBytesMin, segmentBytesMax } = LIMITS
  const fits = segmentBytes >= segmentBytesMin && segmentBytes <= segmentBytesMax
  if (!fits || !Number.isInteger(Math.log2(segmentBytes))) {
    return `segmentBytes ${segmentBytes} is not a power of two in range`
  }
  return retentionProblem(schema.retention)
}
