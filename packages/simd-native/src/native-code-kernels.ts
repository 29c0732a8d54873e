/**
 * The native kernels over 1-bit codes. They unpack tasks into flat arguments and pack up results;
 * everything is checked on the native side, but for what flat arguments cannot say: an unknown
 * dtype or metric, and a count that is no u32. The fallback provider refuses those.
 */

import type {
  AssignTask,
  CentroidGroups,
  CodeBound,
  CodeKernels,
  CodeScan,
  CodeSpace,
  EncodeTask,
  MeansTask,
  QueryTerms,
  Survivors,
} from '@sluice/core'
import type { GroupArguments, NativeFunctions, SpaceArguments } from './addon.js'
import { DTYPE_CODES, METRIC_CODES } from './stable-codes.js'

/**
 * The kernels over codes of one instruction set.
 *
 * @internal
 */
export class NativeCodeKernels implements CodeKernels {
  readonly #functions: NativeFunctions
  readonly #fallback: CodeKernels
  /** Results that are more than one number: written by a call, and read before the next one. */
  readonly #terms = new Float32Array(4)
  readonly #count = new Uint32Array(1)

  /**
   * @param functions - of one instruction set
   * @param fallback - refuses what no flat arguments can be made of
   */
  constructor(functions: NativeFunctions, fallback: CodeKernels) {
    this.#functions = functions
    this.#fallback = fallback
  }

  encode(task: EncodeTask): void {
    const { space, rows, rowBase, blocks, centre } = task
    const metric = METRIC_CODES[space.metric]
    const dtype = DTYPE_CODES[space.dtype]
    if (metric === undefined || dtype === undefined) {
      this.#fallback.encode(task)
      return
    }
    const { dimension, mean, signs } = space
    this.#functions.encode(metric, dtype, dimension, mean, signs, rows, rowBase, blocks, centre)
  }

  packBlock(codes: Uint8Array, block: Uint8Array): void {
    this.#functions.packBlock(codes, block)
  }

  buildTables(space: CodeSpace, query: Uint8Array, tables: Uint8Array): QueryTerms {
    const flat = spaceArguments(space)
    if (flat === undefined) return this.#fallback.buildTables(space, query, tables)
    this.#functions.buildTables(...flat, query, tables, this.#terms)
    const [scale, bias, norm, constant] = this.#terms as unknown as [number, number, number, number]
    return { scale, bias, norm, constant }
  }

  scanSums(scan: CodeScan, out: Uint16Array): void {
    const { codeDimension, tables, blocks, from, to } = scan
    this.#functions.scanSums(codeDimension, tables, blocks, from, to, out)
  }

  scanBlocks(scan: CodeScan, bound: CodeBound, survivors: Survivors): number {
    const { codeDimension, tables, blocks, from, to } = scan
    const { scale, bias, weight, threshold } = bound
    const { rows, bounds, count } = survivors
    // After the last getter that might call back.
    this.#count[0] = count
    if (this.#count[0] !== count) return this.#fallback.scanBlocks(scan, bound, survivors)
    const next = this.#functions.scanBlocks(
      codeDimension,
      tables,
      blocks,
      from,
      to,
      scale,
      bias,
      weight,
      threshold,
      rows,
      bounds,
      this.#count,
    )
    survivors.count = this.#count[0]
    return next
  }

  assign(task: AssignTask): void {
    const space = spaceArguments(task.space)
    const groups = groupArguments(task.groups)
    if (space === undefined || groups === undefined) {
      this.#fallback.assign(task)
      return
    }
    const { rows, centroids, blocks, candidatesMax, margin, listsPerRow, lists } = task
    this.#functions.assign(
      ...space,
      rows,
      centroids,
      blocks,
      ...groups,
      candidatesMax,
      margin,
      listsPerRow,
      lists,
    )
  }

  accumulateMeans(task: MeansTask): void {
    const space = spaceArguments(task.space)
    if (space === undefined) {
      this.#fallback.accumulateMeans(task)
      return
    }
    const { rows, lists, sums, counts } = task
    this.#functions.accumulateMeans(...space, rows, lists, sums, counts)
  }
}

/** Groups as flat arguments; undefined where they are no object, or have none of their parts. */
function groupArguments(groups: CentroidGroups | undefined): GroupArguments | undefined {
  if (groups === undefined) return [undefined, undefined, 0]
  if (typeof groups !== 'object' || groups === null) return undefined
  const { blocks, starts, beam } = groups
  return blocks === undefined && starts === undefined ? undefined : [blocks, starts, beam]
}

/**
 * A space as flat arguments; undefined when the dtype or the metric is unknown.
 *
 * @internal
 */
export function spaceArguments(space: CodeSpace): SpaceArguments | undefined {
  const metric = METRIC_CODES[space.metric]
  const dtype = DTYPE_CODES[space.dtype]
  if (dtype === undefined || metric === undefined) return undefined
  return [metric, dtype, space.dimension, space.mean, space.signs]
}
