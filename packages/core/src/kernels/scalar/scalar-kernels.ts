/**
 * The kernels in plain JavaScript: what runs where no faster provider does, and the oracle that
 * every other provider is tested against.
 */

import type {
  IngestOutcome,
  IngestTask,
  KernelProvider,
  KernelProviderInfo,
  NearestHeap,
  ScanRange,
  ScanTask,
} from '../../contract/kernel-provider.js'
import { offerNearest } from '../nearest-heap.js'
import {
  checkChecksum,
  checkHeap,
  checkIngestTask,
  checkRange,
  checkRowIds,
  checkRun,
  checkScanTask,
} from './check-task.js'
import { scalarCodeKernels } from './codes/code-kernels.js'
import { crc32c } from './crc32c.js'
import type { RowDistance } from './float32-distance.js'
import { gatherRows } from './gather-rows.js'
import { ingestRows } from './ingest.js'
import { RegionTable } from './region-table.js'
import { createRowDistance } from './row-distance.js'
import { checkListSearch } from './search-lists/check-search.js'
import { searchLists } from './search-lists/search-lists.js'

/**
 * The scalar kernels under a given reason, for {@link KernelProvider.info}.
 *
 * @param reason - why they were chosen, for people
 * @internal
 */
export function createScalarKernels(reason: string): KernelProvider {
  const info: KernelProviderInfo = { name: 'scalar', isa: 'scalar', reason }
  const regions = new RegionTable()
  return {
    info,
    ingest,
    crc32c: checksum,
    distances,
    distancesRange,
    nearest,
    region: (bytes) => regions.open(bytes),
    readRegion: (handle, offset, target) => regions.read(handle, offset, target),
    gatherRows: (task) => gatherRows(task, regions),
    searchLists: (search, heap) => {
      checkHeap(heap)
      return searchLists(checkListSearch(search, regions), heap)
    },
    ...scalarCodeKernels,
  }
}

/**
 * The scalar kernels. Every method throws `InvalidArgumentError` before it changes anything.
 *
 * @public
 */
export const scalarKernels: KernelProvider = createScalarKernels('chosen by the caller')

function ingest(task: IngestTask): IngestOutcome {
  return ingestRows(task, checkIngestTask(task))
}

function checksum(bytes: Uint8Array, seed = 0): number {
  checkChecksum(bytes, seed)
  return crc32c(bytes, seed)
}

function distances(task: ScanTask, rowIds: Uint32Array, out: Float64Array): void {
  checkRowIds(rowIds, out, checkScanTask(task))
  const distance = createRowDistance(task)
  for (let i = 0; i < rowIds.length; i++) out[i] = distance(rowIds[i]!)
}

function distancesRange(task: ScanTask, from: number, out: Float64Array): void {
  checkRun(from, out, checkScanTask(task))
  const distance = createRowDistance(task)
  for (let i = 0; i < out.length; i++) out[i] = distance(from + i)
}

function nearest(task: ScanTask, range: ScanRange, heap: NearestHeap): void {
  checkRange(range, checkScanTask(task))
  checkHeap(heap)
  if (range.from === range.to) return
  const distance = createRowDistance(task)
  if (range.mask === undefined) offerRun(distance, range, heap)
  else offerMasked(distance, { ...range, mask: range.mask }, heap)
}

function offerRun(
  distance: RowDistance,
  { from, to, rowBase }: ScanRange,
  heap: NearestHeap,
): void {
  for (let row = from; row < to; row++) offerNearest(heap, distance(row), rowBase + row)
}

function offerMasked(distance: RowDistance, range: Required<ScanRange>, heap: NearestHeap): void {
  const { from, to, rowBase, mask } = range
  for (let row = from; row < to; row++) {
    const bits = mask[row >>> 5]! >>> (row & 31)
    if (bits === 0) row |= 31
    else if (bits & 1) offerNearest(heap, distance(row), rowBase + row)
  }
}
