/**
 * Steps 1 and 2 of docs/codes.md: a packed row becomes `u`, what the metric compares, and `r`, its
 * distance from the mean. One object serves all rows of a call; its arrays are overwritten by each.
 */

import type { CodeSpace } from '../../../contract/code-kernels.js'
import { codeShapeOf } from './code-shape.js'
import { isWide, narrowRowReader, type RowReader, wideRowReader } from './row-reader.js'
import { unitNarrow, unitWide } from './unit-length.js'

/**
 * Reads rows of a checked space.
 *
 * @internal
 */
export class Centring {
  /** The row, or the row at length 1; zeros from `n` to `D`. */
  readonly u: Float32Array
  /** The row less the mean; zeros from `n` to `D`. Callers may overwrite it. */
  readonly r: Float32Array
  readonly #mean: Float32Array
  readonly #cosine: boolean
  readonly #wide: boolean
  /** The row itself where the dtype is wide; spare room otherwise. */
  readonly #x: Float64Array
  readonly #read: RowReader

  constructor(space: CodeSpace, rows: Uint8Array) {
    const { elements, codeDimension } = codeShapeOf(space)
    this.u = new Float32Array(codeDimension)
    this.r = new Float32Array(codeDimension)
    this.#mean = space.mean
    this.#cosine = space.metric === 'cosine'
    this.#wide = isWide(space.dtype)
    this.#x = new Float64Array(elements)
    this.#read = this.#wide
      ? wideRowReader(space.dtype, rows, this.#x)
      : narrowRowReader(space, rows, this.u.subarray(0, elements))
  }

  /** Fills {@link u} from one row. */
  place(row: number): void {
    this.#read(row)
    if (this.#wide) {
      if (this.#cosine) unitWide(this.#x, this.u)
      else for (let i = 0; i < this.#x.length; i++) this.u[i] = this.#x[i]!
    } else if (this.#cosine) {
      unitNarrow(this.u, this.#x)
    }
  }

  /** Fills {@link u} and {@link r} from one row. */
  centre(row: number): void {
    this.place(row)
    if (this.#wide && !this.#cosine) subtractWide(this.#x, this.#mean, this.r)
    else subtract(this.u, this.#mean, this.r)
    this.r.fill(0, this.#mean.length)
  }
}

function subtract(u: Float32Array, mean: Float32Array, r: Float32Array): void {
  for (let i = 0; i < mean.length; i++) r[i] = u[i]! - mean[i]!
}

/** In float64, so that a large offset common to all rows costs no precision. */
function subtractWide(x: Float64Array, mean: Float32Array, r: Float32Array): void {
  for (let i = 0; i < mean.length; i++) r[i] = x[i]! - mean[i]!
}
