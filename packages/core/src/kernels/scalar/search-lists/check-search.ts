/**
 * Argument checks of a query over an index. What the handles name is found on the way. The extents
 * of lists are too many to be all checked for every query: each one is before it is scanned.
 */

import { BLOCK_ROWS, blockLayoutOf } from '../../../code-layout.js'
import type { ListSearch, RowTable } from '../../../contract/list-search.js'
import { checkArray, checkEqual, checkInteger, ROW_MAX, reject } from '../check-argument.js'
import { checkBlocks, checkNumber, checkSpace } from '../codes/check-codes.js'
import type { CodeShape } from '../codes/code-shape.js'
import type { RegionTable } from '../region-table.js'

/** Numbers of an extent. */
const EXTENT_NUMBERS = 3

/**
 * A run of whole blocks; lanes from `rowCount` on do not count.
 *
 * @internal
 */
export interface Extent {
  readonly blocks: Uint8Array
  readonly rowCount: number
}

/**
 * A search whose arguments are good, but for the extents of lists.
 *
 * @internal
 */
export interface CheckedSearch {
  readonly search: ListSearch
  readonly shape: CodeShape
  /** The rows of each segment that may compete; undefined where it was freed. */
  readonly segments: readonly (Uint8Array | undefined)[]
  readonly listCount: number
  readonly tail: readonly Extent[]
  /**
   * The blocks of a list.
   *
   * @throws {@link InvalidArgumentError} when they are not there
   */
  readonly findList: (list: number) => Extent
}

/**
 * Checks a search.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkListSearch(search: ListSearch, regions: RegionTable): CheckedSearch {
  const { space, query, lists, tail, looseFrom, probes, reach } = search
  const shape = checkSpace(space)
  checkArray('query', query, Uint8Array)
  checkEqual('query.byteLength', query.byteLength, shape.stride)
  const segments = findSegments(search.rows, shape.stride, regions)
  const listCount = lists === undefined ? 0 : checkLists(lists, shape)
  const tailCount = checkExtents('tail', tail)
  checkInteger('looseFrom', looseFrom, 0, ROW_MAX)
  checkInteger('probes', probes, 0, ROW_MAX)
  checkNumber('reach', reach)
  if (Number.isNaN(reach)) reject('reach must be a number, not NaN', { reach })
  checkEps('eps', search.eps)
  checkEps('tailEps', search.tailEps)
  const find = (name: string, numbers: Uint32Array, index: number): Extent =>
    findExtent(name, numbers.subarray(index * EXTENT_NUMBERS), { index, shape, regions })
  return {
    search,
    shape,
    segments,
    listCount,
    tail: Array.from({ length: tailCount }, (_, i) => find('tail', tail, i)),
    findList: (list) => find('lists.extents', lists!.extents, list),
  }
}

function checkEps(name: string, value: number): void {
  checkNumber(name, value)
  if (!(value >= 0)) reject(`${name} must not be negative, not ${value}`, { [name]: value })
}

function findSegments(
  { segments, rowsPerSegment, firstRow, rowCount, mask }: RowTable,
  stride: number,
  regions: RegionTable,
): (Uint8Array | undefined)[] {
  checkArray('rows.segments', segments, Uint32Array)
  checkInteger('rows.rowsPerSegment', rowsPerSegment, 1, ROW_MAX)
  checkInteger('rows.firstRow', firstRow, 0, ROW_MAX)
  checkInteger('rows.rowCount', rowCount, 0, ROW_MAX)
  if (mask !== undefined) {
    checkArray('rows.mask', mask, Uint32Array)
    const wordsMin = Math.ceil(Math.max(0, rowCount - firstRow) / 32)
    checkInteger('rows.mask.length', mask.length, wordsMin, Number.MAX_SAFE_INTEGER)
  }
  const needed = Math.ceil(rowCount / rowsPerSegment)
  checkInteger('rows.segments.length', segments.length, needed, Number.MAX_SAFE_INTEGER)
  return Array.from({ length: needed }, (_, i) => {
    if (segments[i] === 0 || (i + 1) * rowsPerSegment <= firstRow) return undefined
    const region = regions.find(segments[i]!)
    const count = Math.min(rowsPerSegment, rowCount - i * rowsPerSegment)
    const name = `whole rows of rows.segments[${i}]`
    checkInteger(name, Math.floor(region.byteLength / stride), count, Number.MAX_SAFE_INTEGER)
    return region.subarray(0, count * stride)
  })
}

function checkLists(lists: Required<ListSearch>['lists'], shape: CodeShape): number {
  checkArray('lists.centroids', lists.centroids, Float32Array)
  const listCount = checkExtents('lists.extents', lists.extents)
  checkEqual('lists.centroids.length', lists.centroids.length, listCount * shape.elements)
  checkBlocks(lists.blocks, shape.codeDimension, listCount)
  return listCount
}

function checkExtents(name: string, extents: Uint32Array): number {
  checkArray(name, extents, Uint32Array)
  const count = extents.length / EXTENT_NUMBERS
  checkInteger(`${name}.length / ${EXTENT_NUMBERS}`, count, 0, ROW_MAX)
  return count
}

function findExtent(
  name: string,
  numbers: Uint32Array,
  at: { readonly index: number; readonly shape: CodeShape; readonly regions: RegionTable },
): Extent {
  const [handle, first, rowCount] = numbers as unknown as [number, number, number]
  if (rowCount === 0) return { blocks: new Uint8Array(), rowCount }
  const region = at.regions.find(handle)
  const { byteLength } = blockLayoutOf(at.shape.codeDimension)
  const end = first + Math.ceil(rowCount / BLOCK_ROWS)
  checkInteger(`last block of ${name} ${at.index}`, end, 0, Math.floor(region.length / byteLength))
  return { blocks: region.subarray(first * byteLength, end * byteLength), rowCount }
}
