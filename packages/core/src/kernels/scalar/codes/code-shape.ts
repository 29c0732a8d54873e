/** The numbers that every kernel over codes derives from dtype and dimension. */

import { codeDimensionOf, codeElementsOf } from '../../../code-layout.js'
import type { CodeSpace } from '../../../contract/code-kernels.js'
import { strideOf } from '../../../dtype.js'

/**
 * The sizes of a space.
 *
 * @internal
 */
export interface CodeShape {
  /** Bytes of a packed row. */
  readonly stride: number
  /** Numbers of a row, `n`. */
  readonly elements: number
  /** `D`. */
  readonly codeDimension: number
  /** `b`, the largest power of two that divides `D`. */
  readonly runLength: number
}

/**
 * The sizes of a space whose dtype and dimension are good.
 *
 * @internal
 */
export function codeShapeOf({ dtype, dimension }: CodeSpace): CodeShape {
  const codeDimension = codeDimensionOf(dtype, dimension)
  return {
    stride: strideOf(dtype, dimension),
    elements: codeElementsOf(dtype, dimension),
    codeDimension,
    runLength: codeDimension & -codeDimension,
  }
}
