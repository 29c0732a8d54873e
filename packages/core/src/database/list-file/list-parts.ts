/**
 * What follows the header of a list file: four parts, one behind the other, each with its checksum
 * in the header.
 *
 *     tables           plans of 32 bytes (k u32, probes u32, recall f64, reach f64, eps f64), then
 *                      the mean, n float32, then the entries of each list, u32
 *     centroids        K times n float32
 *     centroid blocks  ceil(K / 32) blocks
 *     blocks           those of the lists, one list behind the other
 */

import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf, codeElementsOf } from '../../code-layout.js'
import { InternalError } from '../../errors.js'
import type { CalibratedPlan } from '../../index/calibration/calibration.js'
import { EXTENT_NUMBERS } from '../../index/list-places.js'
import type { RowLists } from '../../index/row-lists.js'
import { LIST_HEADER_BYTES, type ListHeader } from './list-header.js'

const PLAN_BYTES = 32

/** The parts, in their order. @internal */
export type ListPartName = 'tables' | 'centroids' | 'centroidBlocks' | 'blocks'

/**
 * Where a part is.
 *
 * @internal
 */
export interface ListPart {
  readonly name: ListPartName
  readonly offset: number
  readonly byteLength: number
  readonly crc: number
}

/**
 * The small tables of a list file.
 *
 * @internal
 */
export interface ListTables {
  readonly plans: readonly CalibratedPlan[]
  readonly mean: Float32Array
  /** Entries of each list. */
  readonly counts: Uint32Array
}

/**
 * Bytes of a block of codes.
 *
 * @internal
 */
export function blockBytesOf({
  dtype,
  dimension,
}: Pick<ListHeader, 'dtype' | 'dimension'>): number {
  return blockLayoutOf(codeDimensionOf(dtype, dimension)).byteLength
}

/**
 * The parts of a list file, as its header has them.
 *
 * @internal
 */
export function listPartsOf(header: ListHeader): Readonly<Record<ListPartName, ListPart>> {
  const { dtype, dimension, planCount, listCount, blockCount } = header
  const numbers = codeElementsOf(dtype, dimension)
  const blockBytes = blockBytesOf(header)
  let end = LIST_HEADER_BYTES
  const part = (name: ListPartName, byteLength: number, crc: number): ListPart => {
    const offset = end
    end += byteLength
    return { name, offset, byteLength, crc }
  }
  const tablesBytes = planCount * PLAN_BYTES + 4 * (numbers + listCount)
  return {
    tables: part('tables', tablesBytes, header.tablesCrc),
    centroids: part('centroids', 4 * listCount * numbers, header.centroidsCrc),
    centroidBlocks: part(
      'centroidBlocks',
      Math.ceil(listCount / BLOCK_ROWS) * blockBytes,
      header.centroidBlocksCrc,
    ),
    blocks: part('blocks', blockCount * blockBytes, header.blocksCrc),
  }
}

/**
 * The tables as bytes.
 *
 * @internal
 */
export function encodeListTables({ plans, mean, counts }: ListTables): Uint8Array {
  const meanAt = plans.length * PLAN_BYTES
  const countsAt = meanAt + mean.byteLength
  const bytes = new Uint8Array(countsAt + counts.byteLength)
  const view = new DataView(bytes.buffer)
  for (const [i, { k, probes, recall, reach, eps }] of plans.entries()) {
    view.setUint32(i * PLAN_BYTES, k, true)
    view.setUint32(i * PLAN_BYTES + 4, probes, true)
    view.setFloat64(i * PLAN_BYTES + 8, recall, true)
    view.setFloat64(i * PLAN_BYTES + 16, reach, true)
    view.setFloat64(i * PLAN_BYTES + 24, eps, true)
  }
  new Float32Array(bytes.buffer, meanAt, mean.length).set(mean)
  new Uint32Array(bytes.buffer, countsAt, counts.length).set(counts)
  return bytes
}

/**
 * The tables from bytes.
 *
 * @param bytes - as many as the header says; from a multiple of 4 in their buffer on
 * @internal
 */
export function decodeListTables(header: ListHeader, bytes: Uint8Array): ListTables {
  const { dtype, dimension, planCount, listCount } = header
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const plans = Array.from({ length: planCount }, (_, i) => ({
    k: view.getUint32(i * PLAN_BYTES, true),
    probes: view.getUint32(i * PLAN_BYTES + 4, true),
    recall: view.getFloat64(i * PLAN_BYTES + 8, true),
    reach: view.getFloat64(i * PLAN_BYTES + 16, true),
    eps: view.getFloat64(i * PLAN_BYTES + 24, true),
  }))
  const numbers = codeElementsOf(dtype, dimension)
  const meanAt = bytes.byteOffset + planCount * PLAN_BYTES
  const mean = new Float32Array(bytes.buffer, meanAt, numbers)
  const counts = new Uint32Array(bytes.buffer, meanAt + mean.byteLength, listCount)
  return { plans, mean, counts }
}

/**
 * The blocks of all lists, in their order, in as few pieces as there are.
 *
 * @internal
 */
export function* listBlocksOf(lists: RowLists, blockBytes: number): Generator<Uint8Array> {
  const { extents, chunks } = lists
  let run = { chunk: 0, from: 0, to: 0 }
  const bytesOf = ({ chunk, from, to }: typeof run): Uint8Array => {
    const bytes = chunks[chunk]
    if (bytes === undefined) throw new InternalError(`lists have no chunk ${chunk}`)
    return bytes.subarray(from * blockBytes, to * blockBytes)
  }
  for (let at = 0; at < extents.length; at += EXTENT_NUMBERS) {
    const [chunk, from, count] = extents.subarray(at) as unknown as [number, number, number]
    if (count === 0) continue
    const to = from + Math.ceil(count / BLOCK_ROWS)
    if (chunk === run.chunk && from === run.to) {
      run.to = to
      continue
    }
    if (run.to > run.from) yield bytesOf(run)
    run = { chunk, from, to }
  }
  if (run.to > run.from) yield bytesOf(run)
}
