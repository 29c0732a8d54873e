/** The sums from which the means of lists are taken. */

import { NO_ROW } from '../../../code-layout.js'
import type { MeansTask } from '../../../contract/code-kernels.js'
import { Centring } from './centring.js'
import { codeShapeOf } from './code-shape.js'

/**
 * Adds the rows of a checked task to the sums of their lists, in float64 and in order.
 *
 * @internal
 */
export function accumulateRows({ space, rows, lists, sums, counts }: MeansTask): void {
  const { elements } = codeShapeOf(space)
  const centring = new Centring(space, rows)
  const { u } = centring
  for (let row = 0; row < lists.length; row++) {
    const list = lists[row]!
    if (list === NO_ROW) continue
    centring.place(row)
    const base = list * elements
    for (let i = 0; i < elements; i++) sums[base + i] = sums[base + i]! + u[i]!
    counts[list] = counts[list]! + 1
  }
}
