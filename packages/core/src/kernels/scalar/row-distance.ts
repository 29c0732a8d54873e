/**
 * Chooses the family of a scan: float32 (also complex64), widened to float32 (8- and 16-bit types),
 * float64 (also complex128 and widened 64-bit integers), 32-bit integers, bits. Complex rows are
 * compared as their interleaved parts, which is the real part of the complex inner product.
 * Rows that are not aligned for their element type are copied once; callers keep them aligned.
 */

import type { ScanTask } from '../../contract/kernel-provider.js'
import { asVectorData, elementsPerRow } from '../../dtype.js'
import { float32Distance, type RowDistance } from './float32-distance.js'
import { float64Distance } from './float64-distance.js'
import { hammingDistance } from './hamming-distance.js'
import { integer32Distance } from './integer32-distance.js'
import { integer64Widener, narrowWidener, wholeElements } from './widen.js'

/**
 * The distance function of a task. Every kernel uses it, so all of them agree to the last bit.
 *
 * @param task - a checked task
 * @internal
 */
export function createRowDistance(task: ScanTask): RowDistance {
  switch (task.dtype) {
    case 'float32':
    case 'complex64': {
      const query = Float64Array.from(asVectorData('float32', task.query) as Float32Array)
      const rows = asVectorData('float32', wholeElements(task.rows, 4)) as Float32Array
      return float32Distance(task.metric, query, rows)
    }
    case 'float64':
    case 'complex128': {
      const query = asVectorData('float64', task.query) as Float64Array
      const rows = asVectorData('float64', wholeElements(task.rows, 8)) as Float64Array
      return float64Distance(task.metric, query, rows)
    }
    case 'int32':
    case 'uint32': {
      const signed = task.dtype === 'int32'
      return integer32Distance(task.metric, asWords(task.query), asWords(task.rows), signed)
    }
    case 'int64':
    case 'uint64':
      return integer64Distance(task)
    case 'bit':
      return hammingDistance(task.query, task.rows)
    default:
      return narrowDistance(task)
  }
}

function narrowDistance({ metric, dtype, dimension, query, rows }: ScanTask): RowDistance {
  const elements = elementsPerRow(dtype, dimension)
  const scratch = new Float32Array(elements)
  narrowWidener(dtype, query, scratch)?.(0)
  const distance = float32Distance(metric, Float64Array.from(scratch), scratch)
  const widen = narrowWidener(dtype, rows, scratch)!
  return (row) => {
    widen(row * elements)
    return distance(0)
  }
}

function integer64Distance({ metric, dtype, dimension, query, rows }: ScanTask): RowDistance {
  const signed = dtype === 'int64'
  const queryElements = new Float64Array(dimension)
  integer64Widener(signed, asWords(query), queryElements)(0)
  const scratch = new Float64Array(dimension)
  const distance = float64Distance(metric, queryElements, scratch)
  const widen = integer64Widener(signed, asWords(rows), scratch)
  return (row) => {
    widen(row * dimension)
    return distance(0)
  }
}

function asWords(bytes: Uint8Array): Int32Array {
  return asVectorData('int32', wholeElements(bytes, 4)) as Int32Array
}
