/** Which collections have codes. */

import { codeDimensionOf } from '../code-layout.js'
import { strideOf } from '../dtype.js'
import { CodeIndex } from './code-index.js'
import type { ListMaintenanceOptions } from './list-maintenance.js'

/** A row must be so many times as long as its code: what is not scanned must pay for the scan. */
const ROW_TO_CODE_MIN = 4
/** Factors, offset, error and row number. */
const CODE_EXTRA_BYTES = 16

/**
 * The index for a collection; undefined where comparing every row is as good.
 *
 * @internal
 */
export function createCodeIndex(options: ListMaintenanceOptions): CodeIndex | undefined {
  const { dtype, dimension, index } = options.schema
  if (index.type === 'flat' || dtype === 'bit') return undefined
  const codeBytes = codeDimensionOf(dtype, dimension) / 8 + CODE_EXTRA_BYTES
  if (strideOf(dtype, dimension) < ROW_TO_CODE_MIN * codeBytes) return undefined
  return new CodeIndex(options)
}
