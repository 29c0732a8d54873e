/**
 * The numbers that stand for dtypes and metrics in calls of native functions: the same as in
 * native/. An unknown name has none.
 */

import type { Dtype, Metric } from '@sluice/core'

/** The stable codes of dtypes: native/distance/distance.h has the same order. @internal */
export const DTYPE_CODES: Readonly<Record<Dtype, number>> = {
  float64: 0,
  float32: 1,
  float16: 2,
  bfloat16: 3,
  int64: 4,
  uint64: 5,
  int32: 6,
  uint32: 7,
  int16: 8,
  uint16: 9,
  int8: 10,
  uint8: 11,
  complex128: 12,
  complex64: 13,
  bit: 14,
}

/** The stable codes of metrics: native/distance/distance.h has the same order. @internal */
export const METRIC_CODES: Readonly<Record<Metric, number>> = {
  cosine: 0,
  dot: 1,
  l2: 2,
  hamming: 3,
}
