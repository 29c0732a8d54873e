/** A schema as a list of plain values: the form in which the log keeps it. */

import { DTYPES } from '../../dtype.js'
import { LIMITS } from '../../limits.js'
import { METRICS, metricFits } from '../../metric.js'
import { INDEX_TYPES, type StoredSchema } from '../../schema.js'

/**
 * The stored form: dimension, dtype, metric, segment bytes, index type. The last is left out where
 * it is `codes`, which collections of earlier releases have without saying so.
 *
 * @internal
 */
export type SchemaValues =
  | readonly [number, string, string, number]
  | readonly [number, string, string, number, string]

/**
 * The values of a schema in their stored order.
 *
 * @internal
 */
export function schemaToValues(schema: StoredSchema): SchemaValues {
  const { dimension, dtype, metric, segmentBytes, index } = schema
  const values = [dimension, dtype, metric, segmentBytes] as const
  return index.type === 'codes' ? values : [...values, index.type]
}

/**
 * A schema from stored values, or undefined when they are not of the right types.
 * Ranges are the business of {@link schemaProblem}.
 *
 * @internal
 */
export function schemaFromValues(values: unknown): StoredSchema | undefined {
  if (!Array.isArray(values) || values.length < 4 || values.length > 5) return undefined
  const [dimension, dtypeName, metricName, segmentBytes, indexName = 'codes'] =
    values as readonly unknown[]
  const dtype = DTYPES.find((name) => name === dtypeName)
  const metric = METRICS.find((name) => name === metricName)
  const type = INDEX_TYPES.find((name) => name === indexName)
  if (dtype === undefined || metric === undefined || type === undefined) return undefined
  if (typeof dimension !== 'number' || typeof segmentBytes !== 'number') return undefined
  return { dimension, dtype, metric, segmentBytes, index: { type } }
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
  return undefined
}
