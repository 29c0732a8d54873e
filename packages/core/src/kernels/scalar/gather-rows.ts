/** Copies rows together, one by one. */

import type { GatherTask } from '../../contract/memory-kernels.js'
import { checkApart, checkArray, checkEqual, checkInteger, ROW_MAX } from './check-argument.js'
import type { RegionTable } from './region-table.js'

/**
 * See `MemoryKernels.gatherRows`.
 *
 * @throws InvalidArgumentError naming what is wrong
 * @internal
 */
export function gatherRows(task: GatherTask, regions: RegionTable): void {
  const sources = findSources(task, regions)
  const { stride, target } = task
  for (const [i, source] of sources.entries()) target.set(source, i * stride)
}

/** The bytes of all rows. */
function findSources(task: GatherTask, regions: RegionTable): Uint8Array[] {
  const { segments, rowsPerSegment, rows, stride, target } = task
  checkArray('segments', segments, Uint32Array)
  checkInteger('rowsPerSegment', rowsPerSegment, 1, ROW_MAX)
  checkArray('rows', rows, Uint32Array)
  checkInteger('stride', stride, 1, ROW_MAX)
  checkArray('target', target, Uint8Array)
  checkEqual('target.byteLength', target.byteLength, rows.length * stride)
  checkApart('target', target, { segments, rows })
  return Array.from(rows, (row, i) => {
    const segment = Math.floor(row / rowsPerSegment)
    checkInteger(`segment of rows[${i}]`, segment, 0, segments.length - 1)
    const region = regions.find(segments[segment]!)
    checkApart('target', target, { [`segment ${segment}`]: region })
    const place = row % rowsPerSegment
    checkInteger(`place of rows[${i}]`, place, 0, Math.floor(region.byteLength / stride) - 1)
    return region.subarray(place * stride, (place + 1) * stride)
  })
}
