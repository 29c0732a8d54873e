/** What the tests of vector input share. */

import { asVectorData, type Dtype } from '../../../src/dtype.js'
import type { StoredSchema } from '../../../src/schema.js'

/** A schema of this dtype. */
export function schemaOf(dtype: Dtype, dimension: number): StoredSchema {
  return {
    dtype,
    dimension,
    metric: dtype === 'bit' ? 'hamming' : 'l2',
    segmentBytes: 2 ** 26,
    index: { type: 'flat' },
  }
}

/** Packed rows as numbers. */
export function valuesOf(dtype: Dtype, bytes: Uint8Array): (number | bigint)[] {
  return [...asVectorData(dtype, bytes)]
}

/** What a call throws; it must. */
export function errorOf(call: () => unknown): { code: string; message: string; details: object } {
  try {
    call()
  } catch (error) {
    return error as { code: string; message: string; details: object }
  }
  throw new Error('nothing was thrown')
}

/** Code and message of what a call throws. */
export function messageOf(call: () => unknown): string {
  const { code, message } = errorOf(call)
  return `${code}: ${message}`
}
