/** From a list file to lists in memory, as they were when they had been made. */

import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf, codeElementsOf } from '../../code-layout.js'
import type { Allocator, CodeSpace, Lease } from '../../contract/index.js'
import { blankCodeSpace } from '../../index/code-space.js'
import { ListPlaces } from '../../index/list-places.js'
import type { BuiltLists } from '../../index/list-set.js'
import type { RowMask } from '../../row-mask.js'
import { TimeSlice } from '../../time-slice.js'
import type { ListFileReader } from './list-file-reader.js'
import { blockBytesOf, type ListTables } from './list-parts.js'
import { ListedRows } from './listed-rows.js'
import { findInfinite, findWrongFactor } from './sound-numbers.js'

/** Lists between two looks at the clock. */
const STEP_LISTS = 4096

/**
 * Loads the lists of a file that fits.
 *
 * @param alive - of all rows
 * @throws CorruptionError; StorageError; `SLUICE_LIMIT_EXCEEDED` when there is no memory
 * @internal
 */
export async function loadLists(
  reader: ListFileReader,
  allocator: Allocator,
  alive: RowMask,
): Promise<BuiltLists> {
  const { header } = reader
  const tables = await reader.readTables()
  const leases: Lease[] = []
  const allocate = (byteLength: number): Uint8Array => {
    const lease = allocator.allocate(byteLength)
    leases.push(lease)
    return lease.bytes
  }
  try {
    const memory = await readMemory(reader, tables, allocate)
    await checkCentroids(reader, tables, memory)
    await checkRows(reader, { ...memory, counts: tables.counts, alive })
    const { rowCount, clusteredRows, aliveRows, listCount, rowQueries, userQueries } = header
    const { plans } = tables
    return {
      lists: {
        ...memory,
        space: spaceOf(reader, tables),
        rowCount,
        clusteredRows,
        listsPerRow: header.listsPerRow === 1 ? 1 : 2,
      },
      // Others are not kept.
      calibration: { listCount, plans, rowQueries, userQueries, listsPay: true },
      aliveRows,
      leases,
    }
  } catch (error) {
    for (const lease of leases) lease.release()
    throw error
  }
}

/** What is in memory of the allocator, and the extents of lists. */
interface ListFileMemory {
  readonly centroids: Float32Array
  readonly centroidBlocks: Uint8Array
  readonly chunks: readonly Uint8Array[]
  readonly extents: Uint32Array
}

async function readMemory(
  reader: ListFileReader,
  { counts }: ListTables,
  allocate: (byteLength: number) => Uint8Array,
): Promise<ListFileMemory> {
  const { header } = reader
  const { dtype, dimension, listCount } = header
  const blockBytes = blockBytesOf(header)
  const places = new ListPlaces(listCount, blockBytes)
  const slice = new TimeSlice()
  for (let from = 0; from < listCount; from += STEP_LISTS) {
    places.place(counts, from, Math.min(listCount, from + STEP_LISTS))
    if (slice.isOver()) await slice.next()
  }
  const numbers = listCount * codeElementsOf(dtype, dimension)
  const centroidBytes = allocate(4 * numbers)
  const centroidBlocks = allocate(Math.ceil(listCount / BLOCK_ROWS) * blockBytes)
  const chunks = places.chunkBlocks.map((blocks) => allocate(blocks * blockBytes))
  await reader.readPart('centroids', [centroidBytes])
  await reader.readPart('centroidBlocks', [centroidBlocks])
  await reader.readPart('blocks', chunks)
  const centroids = new Float32Array(centroidBytes.buffer, centroidBytes.byteOffset, numbers)
  return { centroids, centroidBlocks, chunks, extents: places.extents }
}

function spaceOf({ header }: ListFileReader, { mean }: ListTables): CodeSpace {
  const space = blankCodeSpace(header)
  space.mean.set(mean)
  return space
}

/** Finds out whether centroids and the mean are of rows that can be. */
async function checkCentroids(
  reader: ListFileReader,
  { mean }: ListTables,
  { centroids, centroidBlocks }: ListFileMemory,
): Promise<void> {
  const { dtype, dimension, listCount } = reader.header
  const layout = blockLayoutOf(codeDimensionOf(dtype, dimension))
  const { buffer, byteOffset, byteLength } = centroidBlocks
  const numbers = new Float32Array(buffer, byteOffset, byteLength / 4)
  const wrong =
    (await findInfinite('number of the mean', mean)) ??
    (await findInfinite('number of a centroid', centroids))
  if (wrong) throw reader.fault(wrong)
  for (let block = 0; block * BLOCK_ROWS < listCount; block++) {
    const laneCount = Math.min(BLOCK_ROWS, listCount - block * BLOCK_ROWS)
    const fault = findWrongFactor(numbers, { layout, block }, laneCount)
    if (fault) throw reader.fault({ ...fault, field: `${fault.field} of a centroid` })
  }
}

/** Finds out whether the lists have every row that is alive, and no row that is not there. */
async function checkRows(
  reader: ListFileReader,
  content: Pick<ListFileMemory, 'chunks'> & {
    readonly counts: Uint32Array
    readonly alive: RowMask
  },
): Promise<void> {
  const { dtype, dimension, rowCount } = reader.header
  const layout = blockLayoutOf(codeDimensionOf(dtype, dimension))
  const { chunks, counts, alive } = content
  const listed = new ListedRows(rowCount, alive)
  let list = 0
  for (const chunk of chunks) {
    const first = list
    for (let left = chunk.byteLength; left > 0; list++) {
      left -= Math.ceil(counts[list]! / BLOCK_ROWS) * layout.byteLength
    }
    const wrong = await listed.add(chunk, counts.subarray(first, list), layout)
    if (wrong !== undefined) throw reader.fault(wrong)
  }
  const missing = listed.findMissing()
  if (missing === undefined) return
  const actual = `not row ${missing}, which is alive`
  throw reader.fault({ field: 'rows of all lists', expected: 'every row that is alive', actual })
}
