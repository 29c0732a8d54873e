/**
 * The compute seam, second part: kernels over 1-bit codes, which the index is made of. The exact
 * arithmetic is docs/codes.md; every provider gives the same bits. Types only.
 *
 * `D` is the code dimension (`codeDimensionOf`), `n` the numbers of a row (`codeElementsOf`).
 */

import type { Dtype } from '../dtype.js'
import type { Metric } from '../metric.js'

/**
 * How rows become codes; the same for all codes that are compared with each other.
 *
 * @public
 */
export interface CodeSpace {
  /** What estimates estimate. */
  readonly metric: Metric
  /** Element type of rows. */
  readonly dtype: Dtype
  /** Dimensions of a row. */
  readonly dimension: number
  /**
   * `n` numbers: the mean of the rows (for cosine, of rows at length 1), as `accumulateMeans` makes
   * it of one list. Not checked.
   */
  readonly mean: Float32Array
  /** `2 D` numbers, +1 or -1, from `rotationSigns`: the random part of the rotation. Unchecked. */
  readonly signs: Float32Array
}

/**
 * Rows to be encoded.
 *
 * @public
 */
export interface EncodeTask {
  /** How. */
  readonly space: CodeSpace
  /** Whole packed rows. */
  readonly rows: Uint8Array
  /** The number of the first row; the others follow it. */
  readonly rowBase: number
  /** Room for `ceil(rowCount / 32)` whole blocks, exactly. Lanes after the last row stay empty. */
  readonly blocks: Uint8Array
  /**
   * `n` numbers: codes are centred on them instead of the mean, as those of a list are on its
   * centroid. Estimates are made with the tables of a query around the mean all the same. Not
   * checked but for how many there are.
   */
  readonly centre?: Float32Array | undefined
}

/**
 * What estimates need to know of a query, beside its tables.
 *
 * @public
 */
export interface QueryTerms {
  /** A code sum times this … */
  scale: number
  /** … plus this is the sum that F is multiplied by. */
  bias: number
  /** The distance of the query from the mean; errors are in proportion to it. */
  norm: number
  /** Added to every estimate. */
  constant: number
}

/**
 * A query's tables and a run of blocks.
 *
 * @public
 */
export interface CodeScan {
  /** `D`. */
  readonly codeDimension: number
  /** `4 D` bytes from {@link CodeKernels.buildTables}. */
  readonly tables: Uint8Array
  /** Whole blocks. */
  readonly blocks: Uint8Array
  /** First block. */
  readonly from: number
  /** Block after the last. */
  readonly to: number
}

/**
 * Which rows survive a {@link CodeScan}: all but those whose lower bound
 * `F (acc scale + bias) + A - weight E` is greater than the threshold.
 *
 * @public
 */
export interface CodeBound {
  /** {@link QueryTerms.scale}. */
  readonly scale: number
  /** {@link QueryTerms.bias}. */
  readonly bias: number
  /** `eps` times the query's norm. */
  readonly weight: number
  /** The largest ordering distance that is of interest, less the query's constant. */
  readonly threshold: number
}

/**
 * Rows that survived, in the order of their lanes.
 *
 * @public
 */
export interface Survivors {
  /** Row numbers; room for 32 at least. */
  readonly rows: Uint32Array
  /** Their lower bounds, less the query's constant; as long as `rows`. */
  readonly bounds: Float32Array
  /** Entries in use; new ones are added after them. */
  count: number
}

/**
 * Centroids in groups of neighbours, so that a row is compared with those of near groups only:
 * where there are thousands, to look at all of them is most of the work. Where `starts` are
 * multiples of 32, only members of those groups are looked at.
 *
 * @public
 */
export interface CentroidGroups {
  /** Blocks of the means of the groups, made as those of the centroids. */
  readonly blocks: Uint8Array
  /**
   * The first centroid of each group, and `K` behind them: group g is centroids `starts[g]` to
   * `starts[g + 1] - 1`, one at least.
   */
  readonly starts: Uint32Array
  /** How many groups, those with the best estimates, are looked into, 1 to 64. */
  readonly beam: number
}

/**
 * Rows to be assigned to the nearest of many centroids.
 *
 * @public
 */
export interface AssignTask {
  /** The space of the rows. */
  readonly space: CodeSpace
  /** Whole packed rows. */
  readonly rows: Uint8Array
  /** `K` times `n` numbers. */
  readonly centroids: Float32Array
  /** Blocks of the centroids, encoded as rows 0 to K - 1 of float32 (complex64 where the space is
   * complex) under l2, same mean and signs. */
  readonly blocks: Uint8Array
  /**
   * Only centroids in the blocks of the nearest groups count, whole blocks as they are; without it,
   * all of them.
   */
  readonly groups?: CentroidGroups | undefined
  /** How many of the best estimates are compared exactly, 1 to 64. */
  readonly candidatesMax: number
  /** Estimates worse than the best by more than twice this, in squares of the row's distance from
   * the mean, are not compared exactly when one list is wanted. */
  readonly margin: number
  /** One list a row: the nearest. Two: also the one that complements it best. */
  readonly listsPerRow: 1 | 2
  /** `listsPerRow` numbers for each row; 0xffffffff where there is no second. */
  readonly lists: Uint32Array
}

/**
 * Rows to be added to the sums of the lists they were assigned to.
 *
 * @public
 */
export interface MeansTask {
  /** The space of the rows. */
  readonly space: CodeSpace
  /** Whole packed rows. */
  readonly rows: Uint8Array
  /** A list for each row; 0xffffffff leaves it out. */
  readonly lists: Uint32Array
  /** `K` times `n`: each row, at length 1 for cosine, is added to those of its list, in order. */
  readonly sums: Float64Array
  /** Rows of each list, counted up. */
  readonly counts: Uint32Array
}

/**
 * Kernels over codes. No array that a kernel writes may overlap another argument.
 *
 * @public
 */
export interface CodeKernels {
  /** Codes and factors of rows, packed into blocks. */
  encode(task: EncodeTask): void
  /** Transposes 32 row-major codes of `D / 8` bytes into the code part of a block. */
  packBlock(codes: Uint8Array, block: Uint8Array): void
  /** Fills the `4 D` bytes of a query's tables and gives its terms. `query` is one packed row. */
  buildTables(space: CodeSpace, query: Uint8Array, tables: Uint8Array): QueryTerms
  /** The code sums of a run of blocks, 32 a block. */
  scanSums(scan: CodeScan, out: Uint16Array): void
  /**
   * Adds the rows that survive. Stops before a block for whose 32 rows there is no room: take them
   * out, and call it again from there.
   *
   * @returns the block to go on with; `scan.to` when all were scanned
   */
  scanBlocks(scan: CodeScan, bound: CodeBound, survivors: Survivors): number
  /** The lists of rows. */
  assign(task: AssignTask): void
  /** The sums from which the means of lists are taken. */
  accumulateMeans(task: MeansTask): void
}
