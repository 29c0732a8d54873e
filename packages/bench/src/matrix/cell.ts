/** What is loaded, one by one, to see what a dtype, a dimension, ids or metadata cost. */

import { type Dtype, LIMITS, strideOf } from '@sluice/core'
import type { IdForm, MetadataForm, WorkloadShape } from '../vectors/workload.js'

/**
 * One load.
 *
 * @internal
 */
export interface Cell {
  readonly dtype: Dtype
  readonly dimension: number
  readonly ids: IdForm
  readonly metadata: MetadataForm
}

/**
 * What is combined with what.
 *
 * @internal
 */
export interface CellAxes {
  readonly dtypes: readonly Dtype[]
  readonly dimensions: readonly number[]
  readonly ids: readonly IdForm[]
  readonly metadata: readonly MetadataForm[]
}

/**
 * How much is loaded.
 *
 * @internal
 */
export interface CellSize {
  /** Of raw vectors, at most. */
  readonly bytes: number
  /** Of raw vectors of a batch, at most. */
  readonly batchBytes: number
  readonly seed: number
}

/**
 * Every combination: dimensions of a dtype, forms of ids of a dimension, metadata of those.
 *
 * @internal
 */
export function cellsOf({ dtypes, dimensions, ids, metadata }: CellAxes): readonly Cell[] {
  return dtypes.flatMap((dtype) =>
    dimensions.flatMap((dimension) =>
      ids.flatMap((form) =>
        metadata.map((kind) => ({ dtype, dimension, ids: form, metadata: kind })),
      ),
    ),
  )
}

/**
 * What its figures begin with: `matrix.<dtype>.<dimension>`, and what is more than a plain cell.
 *
 * @internal
 */
export function cellName(cell: Cell): string {
  return ['matrix', cell.dtype, `${cell.dimension}`, ...extrasOf(cell)].join('.')
}

/**
 * The row of a table that it belongs to: all but the dimension.
 *
 * @internal
 */
export function cellLabel(cell: Cell): string {
  return [cell.dtype, ...extrasOf(cell)].join(' ')
}

/**
 * The cell of the same vectors, whose ids are assigned and that has no metadata.
 *
 * @internal
 */
export function plainCell(cell: Cell): Cell {
  return { ...cell, ids: 'assigned', metadata: 'none' }
}

/**
 * The stream of a cell.
 *
 * @internal
 */
export function cellShape(cell: Cell, { bytes, batchBytes, seed }: CellSize): WorkloadShape {
  const stride = strideOf(cell.dtype, cell.dimension)
  const rowsIn = (byteLength: number, max: number): number =>
    Math.min(max, Math.max(1, Math.floor(byteLength / stride)))
  return {
    ...cell,
    rowCount: rowsIn(bytes, LIMITS.rowsPerCollectionMax),
    batchRows: rowsIn(batchBytes, LIMITS.rowsPerBatchMax),
    seed,
  }
}

function extrasOf({ ids, metadata }: Cell): readonly string[] {
  return [...(ids === 'assigned' ? [] : [ids]), ...(metadata === 'none' ? [] : ['metadata'])]
}
