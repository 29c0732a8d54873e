/**
 * The compute seam, the part about whole queries: one call that goes through lists and tail of an
 * index and compares exactly what the codes cannot rule out. Types only.
 *
 * All memory that is not small is named by region handles of the same provider and thread. An
 * *extent* is a run of blocks, three numbers: the region's handle, the first block counted from the
 * region's start, and the rows in it: lanes of its last block after them do not count. An extent
 * of no rows may have any handle.
 *
 * Rows are ranked by *keys*: their exact ordering distance, or the least lower bound of their codes
 * where that is greater (docs/codes.md), so that the answer does not depend on the order of rows.
 */

import type { CodeSpace } from './code-kernels.js'
import type { NearestHeap } from './nearest-heap.js'

/**
 * Where the raw rows are that blocks name.
 *
 * @public
 */
export interface RowTable {
  /**
   * A region for each segment, holding its packed rows from the first on; 0 where a segment was
   * freed: its rows never compete.
   */
  readonly segments: Uint32Array
  /** Row r is row `r % rowsPerSegment` of segment `floor(r / rowsPerSegment)`. */
  readonly rowsPerSegment: number
  /** Rows below this do not compete; segments that have no others are not looked at. */
  readonly firstRow: number
  /** Nor do this one and those after it. */
  readonly rowCount: number
  /**
   * Bit `i & 31` of word `i >>> 5` says whether row `firstRow + i` may compete. All may when
   * undefined.
   */
  readonly mask?: Uint32Array
}

/**
 * The lists of an index: each row is in one or two of them. The codes of a list are centred on its
 * centroid (`EncodeTask.centre`).
 *
 * @public
 */
export interface CodeLists {
  /** `K` times `n` numbers. */
  readonly centroids: Float32Array
  /** Their blocks, as for `assign`. */
  readonly blocks: Uint8Array
  /** An extent for each list. */
  readonly extents: Uint32Array
}

/**
 * A query over an index.
 *
 * @public
 */
export interface ListSearch {
  /** How rows became codes; also says how rows are compared. */
  readonly space: CodeSpace
  /** One packed row. */
  readonly query: Uint8Array
  /** The raw rows, for exact comparisons. */
  readonly rows: RowTable
  /** Absent before lists were built. */
  readonly lists?: CodeLists
  /** Extents of rows that are in no list yet, scanned whatever the query. */
  readonly tail: Uint32Array
  /** Rows from here to `rows.rowCount` have no codes yet and are compared exactly. */
  readonly looseFrom: number
  /**
   * At most so many lists are scanned, the nearest, and more only while the heap has fewer than k
   * rows. Distances of centroids are taken for those with the best estimates, of a quarter more and
   * 8 lists at most.
   */
  readonly probes: number
  /**
   * How much farther away than the nearest ones, by the squared distances of their centroids, lists
   * are scanned: docs/codes.md, "Which lists". Infinity scans as many as `probes` says.
   */
  readonly reach: number
  /**
   * How sure bounds of rows in lists are, not negative: docs/codes.md. Infinity compares every row
   * scanned.
   */
  readonly eps: number
  /** The same for rows of the tail, whose codes are centred on the mean. */
  readonly tailEps: number
}

/**
 * What a query cost.
 *
 * @public
 */
export interface SearchCost {
  /** Lists scanned. */
  lists: number
  /** Rows scanned by code. */
  scanned: number
  /**
   * Entries that were not ruled out when it was their turn, and rows without one: those that are
   * compared exactly, a row with two entries twice. Where the heap had the answer from the start it
   * is the same number for all providers.
   */
  compared: number
}

/**
 * What came of a query.
 *
 * @public
 */
export interface SearchOutcome extends SearchCost {
  /**
   * Whether every key in the heap is known to be its row's distance. Nothing is known of entries
   * that were in the heap before and did not come again.
   */
  readonly keysAreDistances: boolean
}

/**
 * Kernels over a whole index.
 *
 * @public
 */
export interface ListKernels {
  /**
   * Offers rows to a heap: of the nearest lists, of the tail and of the loose rows, all that may
   * compete. No row enters twice. The heap's `distances` are keys, here and in the heap that was
   * given; `distanceMax` holds for keys as well. After any number of calls for one query the heap
   * has the k least keys of all rows that were offered, ties to the lower row, whatever the order,
   * the parts, the provider and the instruction set, but for the last bits of float distances.
   *
   * Handles of segments, extents of the tail and those of the lists to be scanned are checked
   * before the heap changes. What is wrong with a list that is only reached because too few rows
   * were found is noticed then; the heap's entries are of no use after that.
   *
   * @throws an error with code `SLUICE_INVALID_ARGUMENT`
   */
  searchLists(search: ListSearch, heap: NearestHeap): SearchOutcome
}
