/** Files of packed float vectors: `.f32` and `.f16`, little endian, nothing but numbers. */

import { extname } from 'node:path'
import { type Dtype, decodeFloat16, strideOf } from '@sluice/core'
import { UsageError } from '../usage-error.js'
import { readGivenFile } from './read-given-file.js'

const DTYPES: Readonly<Record<string, Dtype>> = { '.f32': 'float32', '.f16': 'float16' }

/**
 * The dtype of a file's numbers, by its name.
 *
 * @throws UsageError for another name
 * @internal
 */
export function dtypeOfFile(path: string): Dtype {
  const dtype = DTYPES[extname(path)]
  if (dtype !== undefined) return dtype
  throw new UsageError(`'${path}' is neither .f32 nor .f16`)
}

/**
 * Reads packed vectors.
 *
 * @param path - of an `.f32` or `.f16` file
 * @param dtype - what is wanted: the file's, or float32 of either
 * @param dimension - of a vector
 * @param rowsMax - the first so many are taken
 * @throws UsageError where the file is not whole vectors, has none, or has no such numbers
 * @internal
 */
export async function readVectorFile(
  path: string,
  dtype: Dtype,
  dimension: number,
  rowsMax: number,
): Promise<Uint8Array> {
  const found = dtypeOfFile(path)
  if (found !== dtype && dtype !== 'float32') {
    throw new UsageError(`'${path}' has ${found}, which is not made into ${dtype}`)
  }
  const stride = strideOf(found, dimension)
  const file = await readGivenFile(path)
  if (file.byteLength === 0 || file.byteLength % stride !== 0) {
    throw new UsageError(
      `'${path}' has ${file.byteLength} bytes: it is not made of vectors of ${dimension} ` +
        `dimensions (--dim) of ${stride / dimension} bytes`,
    )
  }
  // A copy of its own: what the file was read into need not be aligned for numbers.
  const bytes = new Uint8Array(file.subarray(0, rowsMax * stride))
  if (found === dtype) return bytes
  return new Uint8Array(decodeFloat16(new Uint16Array(bytes.buffer)).buffer)
}
