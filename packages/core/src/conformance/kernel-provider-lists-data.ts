/** An index for the kernel suite: rows in segments, lists of codes in slabs, a tail, loose rows. */

import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf } from '../code-layout.js'
import type { CodeKernels, CodeSpace } from '../contract/code-kernels.js'
import type { CodeLists, ListSearch, RowTable } from '../contract/list-search.js'
import type { MemoryRegion } from '../contract/memory-kernels.js'
import { strideOf } from '../dtype.js'
import { centroidSpace } from './kernel-provider-codes-assign.js'
import { centredOn, encoded, rowOf, seededSpace } from './kernel-provider-codes-data.js'
import {
  type COMBINATIONS,
  type KernelSubject,
  movedTo,
  seededBytes,
  seededRows,
} from './kernel-provider-data.js'

/** What an index is made of. @internal */
export interface IndexShape {
  readonly combination: (typeof COMBINATIONS)[number]
  readonly dimension: number
  /** Rows in one or two lists, then rows in the tail, then rows without codes. */
  readonly rows: { readonly listed: number; readonly tail: number; readonly loose: number }
  readonly listCount: number
  readonly listsPerRow: 1 | 2
  readonly rowsPerSegment: number
  /** Rows repeat after so many: the distances of equal rows tie. */
  readonly distinctRows: number
  readonly seed: number
  /** Changes the centroids before rows are encoded. */
  readonly moveCentroids?: (centroids: Float32Array, space: CodeSpace, rows: Uint8Array) => void
}

/** Rows that are in blocks. @internal */
export interface ListedRows {
  /** Their numbers, in the order of their lanes. */
  readonly rows: readonly number[]
  /** Their blocks. */
  readonly blocks: Uint8Array
  /** What their codes are centred on; the mean where it is absent. */
  readonly centre?: Float32Array | undefined
}

/** An index. @internal */
export interface SeededIndex {
  readonly space: CodeSpace
  /** All rows, one after the other. */
  readonly rows: Uint8Array
  readonly query: Uint8Array
  readonly table: RowTable
  readonly lists: CodeLists
  readonly tail: Uint32Array
  readonly looseFrom: number
  /** What extents name. */
  readonly members: { readonly lists: readonly ListedRows[]; readonly tail: readonly ListedRows[] }
  /** Releases the regions. */
  release(): void
}

/** Two runs of tail blocks, in two slabs. */
const TAIL_EXTENTS = 2

/**
 * Makes an index of seeded rows. Lists have lanes after their rows that look like rows, and slabs
 * have blocks that belong to none.
 *
 * @internal
 */
export function seededIndex(subject: KernelSubject, shape: IndexShape): SeededIndex {
  const { codes } = subject
  const { combination, dimension, listCount, seed } = shape
  const { listed, tail, loose } = shape.rows
  const [dtype] = combination
  const rows = repeatingRows(shape, listed + tail + loose)
  const seeded = seededSpace(codes, combination, dimension, seed)
  const space = rows.length === 0 ? seeded : centredOn(codes, seeded, rows)
  const listRows = rowsOfLists(shape)
  const tailRows = Array.from({ length: TAIL_EXTENTS }, (_, i) =>
    Array.from({ length: tail }, (_, row) => listed + row).filter((row) =>
      i === 0 ? row < listed + tail / 3 : row >= listed + tail / 3,
    ),
  )
  const slabs = new Slabs(subject, codeDimensionOf(dtype, dimension))
  const centroids = seededCentroids(codes, space, listCount, seed)
  shape.moveCentroids?.(centroids, space, rows)
  const n = space.mean.length
  const lists = listRows.map((numbers, list) => {
    const centre = centroids.subarray(list * n, (list + 1) * n)
    return listedRows(codes, { space, rows, centre }, numbers)
  })
  const tails = tailRows.map((numbers) => listedRows(codes, { space, rows }, numbers))
  const extents = slabs.place([...lists, ...tails])
  const bytes = new Uint8Array(centroids.buffer)
  const segments = placeSegments(subject, shape, rows)
  const rowCount = listed + tail + loose
  return {
    space,
    rows,
    query: seededRows(dtype, dimension, 1, ~seed),
    table: {
      segments: Uint32Array.from(segments, ({ handle }) => handle),
      rowsPerSegment: shape.rowsPerSegment,
      firstRow: 0,
      rowCount,
    },
    lists: {
      centroids,
      blocks: encoded(codes, centroidSpace(space), bytes),
      extents: extents.slice(0, 3 * listCount),
    },
    tail: extents.slice(3 * listCount),
    looseFrom: listed + tail,
    members: { lists, tail: tails },
    release: () => {
      for (const region of [...segments, ...slabs.regions]) region.release()
    },
  }
}

/**
 * A search of all that an index has, with bounds that rule nothing out.
 *
 * @internal
 */
export function wholeSearch(index: SeededIndex): ListSearch {
  const { space, query, table, lists, tail, looseFrom } = index
  const probes = lists.extents.length / 3
  return {
    space,
    query,
    rows: table,
    lists,
    tail,
    looseFrom,
    probes,
    reach: Number.POSITIVE_INFINITY,
    eps: Number.POSITIVE_INFINITY,
    tailEps: Number.POSITIVE_INFINITY,
  }
}

function repeatingRows(shape: IndexShape, rowCount: number): Uint8Array {
  const { combination, dimension, distinctRows, seed } = shape
  const rows = seededRows(combination[0], dimension, rowCount, seed)
  const distinctBytes = distinctRows * strideOf(combination[0], dimension)
  for (let at = distinctBytes; at < rows.length; at++) rows[at] = rows[at - distinctBytes]!
  return rows
}

/** Each row in one list, or in two that differ where there are two. */
function rowsOfLists({ rows, listCount, listsPerRow, seed }: IndexShape): number[][] {
  const lists: number[][] = Array.from({ length: listCount }, () => [])
  const draws = seededBytes(2 * rows.listed, seed ^ 0x2468)
  for (let row = 0; row < rows.listed; row++) {
    const first = draws[2 * row]! % listCount
    lists[first]!.push(row)
    if (listsPerRow === 1 || listCount === 1) continue
    lists[(first + 1 + (draws[2 * row + 1]! % (listCount - 1))) % listCount]!.push(row)
  }
  return lists
}

/** Blocks of chosen rows, with one lane more that has a row of its own, where there is one. */
function listedRows(
  codes: CodeKernels,
  { space, rows, centre }: Pick<SeededIndex, 'space' | 'rows'> & Pick<ListedRows, 'centre'>,
  numbers: readonly number[],
): ListedRows {
  const filled = numbers.length % BLOCK_ROWS === 0 ? numbers : [...numbers, 0]
  const gathered = filled.map((row) => rowOf(space, rows, row))
  const blocks = encoded(codes, space, new Uint8Array(Buffer.concat(gathered)), { centre })
  const layout = blockLayoutOf(codeDimensionOf(space.dtype, space.dimension))
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength)
  filled.forEach((row, i) => {
    const block = Math.floor(i / BLOCK_ROWS)
    view.setUint32(block * layout.byteLength + layout.rowsAt + 4 * (i % BLOCK_ROWS), row, true)
  })
  return { rows: numbers, blocks, centre }
}

/** Centroids near rows of their kind; the last is equal to the first. */
function seededCentroids(
  codes: CodeKernels,
  space: CodeSpace,
  listCount: number,
  seed: number,
): Float32Array {
  const { dtype, dimension, mean } = space
  const near = seededRows(dtype, dimension, listCount, seed ^ 0x777)
  const lists = Uint32Array.from({ length: listCount }, (_, i) => i)
  const sums = new Float64Array(listCount * mean.length)
  codes.accumulateMeans({ space, rows: near, lists, sums, counts: new Uint32Array(listCount) })
  const centroids = Float32Array.from(sums)
  centroids.copyWithin((listCount - 1) * mean.length, 0, mean.length)
  return centroids
}

function placeSegments(
  { provider }: KernelSubject,
  { combination, dimension, rowsPerSegment }: IndexShape,
  rows: Uint8Array,
): MemoryRegion[] {
  const bytes = rowsPerSegment * strideOf(combination[0], dimension)
  const count = Math.ceil(rows.length / bytes)
  return Array.from({ length: count }, (_, i) =>
    provider.region(movedTo(8 * (i % 3), rows.slice(i * bytes, (i + 1) * bytes))),
  )
}

/** Two regions of blocks, in turns. */
class Slabs {
  readonly regions: MemoryRegion[] = []
  readonly #subject: KernelSubject
  readonly #blockBytes: number

  constructor(subject: KernelSubject, codeDimension: number) {
    this.#subject = subject
    this.#blockBytes = blockLayoutOf(codeDimension).byteLength
  }

  /** The extents of lists; empty ones name no region. */
  place(lists: readonly ListedRows[]): Uint32Array {
    const extents = new Uint32Array(3 * lists.length)
    for (const turn of [0, 1]) {
      const parts = [seededBytes((turn + 1) * this.#blockBytes, 3)]
      let blocks = turn + 1
      lists.forEach((list, i) => {
        if (i % 2 !== turn || list.rows.length === 0) return
        extents.set([0, blocks, list.rows.length], 3 * i)
        parts.push(list.blocks)
        blocks += list.blocks.length / this.#blockBytes
      })
      const region = this.#subject.provider.region(new Uint8Array(Buffer.concat(parts)))
      this.regions.push(region)
      lists.forEach((list, i) => {
        if (i % 2 === turn && list.rows.length > 0) extents[3 * i] = region.handle
      })
    }
    return extents
  }
}
