/** What codes around the mean make of the distances of chosen rows to a query. */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type { CodeSpace, KernelProvider } from '../../contract/index.js'
import { strideOf } from '../../dtype.js'
import type { SegmentedRows } from '../row-lists.js'
import type { RankedCodes } from './recall-table.js'

/**
 * Estimates distances of rows, from codes that are made anew: the same as those in blocks.
 *
 * @internal
 */
export class CodeEstimates {
  readonly #kernels: KernelProvider
  readonly #space: CodeSpace
  readonly #rows: SegmentedRows
  readonly #tables: Uint8Array

  constructor(kernels: KernelProvider, space: CodeSpace, rows: SegmentedRows) {
    this.#kernels = kernels
    this.#space = space
    this.#rows = rows
    this.#tables = new Uint8Array(2 * space.signs.length)
  }

  /** The estimates of some rows, and their errors for an `eps` of 1. */
  of(query: Uint8Array, rows: Uint32Array): Pick<RankedCodes, 'estimates' | 'errors'> {
    const space = this.#space
    const codeDimension = space.signs.length / 2
    const { byteLength } = blockLayoutOf(codeDimension)
    const blocks = new Uint8Array(Math.ceil(rows.length / BLOCK_ROWS) * byteLength)
    const kernels = this.#kernels
    kernels.encode({ space, rows: gather(space, this.#rows, rows), rowBase: 0, blocks })
    const terms = kernels.buildTables(space, query, this.#tables)
    const to = blocks.length / byteLength
    const scan = { codeDimension, tables: this.#tables, blocks, from: 0, to }
    const room = to * BLOCK_ROWS
    const boundsFor = (weight: number): Float64Array => {
      const survivors = { rows: new Uint32Array(room), bounds: new Float32Array(room), count: 0 }
      const { scale, bias } = terms
      const bound = { scale, bias, weight, threshold: Number.POSITIVE_INFINITY }
      kernels.scanBlocks(scan, bound, survivors)
      return Float64Array.from(survivors.bounds.subarray(0, rows.length), (x) => x + terms.constant)
    }
    const estimates = boundsFor(0)
    const errors = boundsFor(terms.norm).map((bound, i) => estimates[i]! - bound)
    return { estimates, errors }
  }
}

/** Rows one after the other. */
function gather(space: CodeSpace, source: SegmentedRows, rows: Uint32Array): Uint8Array {
  const { segments, rowsPerSegment } = source
  const stride = strideOf(space.dtype, space.dimension)
  const packed = new Uint8Array(rows.length * stride)
  for (const [i, row] of rows.entries()) {
    const at = (row % rowsPerSegment) * stride
    const segment = segments[Math.floor(row / rowsPerSegment)]!
    packed.set(segment.subarray(at, at + stride), i * stride)
  }
  return packed
}
