/** Frames for tests, made by hand and by the encoder, and a way to load them. */

import { SlabAllocator } from '@sluice/pool'
import { encodeColumns } from '../../../src/collection/columns/encode-columns.js'
import { ColumnLoader } from '../../../src/collection/columns/load-columns.js'
import { createIdIndex } from '../../../src/collection/ids/create-id-index.js'
import type { IdIndex } from '../../../src/collection/ids/id-index.js'
import { RowBytes } from '../../../src/collection/rows/row-bytes.js'
import type { IdBatch } from '../../../src/id-batch.js'
import type { IdKind } from '../../../src/id-kind.js'
import type { ColumnFrame, ColumnKind } from '../../../src/segment/column-frame.js'
import { packedTexts } from '../live-collection.js'

export const NEXT_ID = 1000

export function makeAllocator(): SlabAllocator {
  return new SlabAllocator({ bytesMax: 2 ** 30, backing: 'heap' })
}

/** An index with ids of rows 0, 1, 2 and so on. */
export function indexOf(ids: IdBatch): IdIndex {
  const index = createIdIndex(ids.kind, makeAllocator())
  index.put(ids, 0, ids.count, { rowBase: 0, previous: new Uint32Array(ids.count) })
  return index
}

export function framesOf(ids: IdIndex, rowCount: number, metadata?: RowBytes): ColumnFrame[] {
  const source = { ids, metadata: metadata ?? new RowBytes(makeAllocator()) }
  return [...encodeColumns(source, 0, rowCount)]
}

export function allAlive(rowCount: number): Uint32Array {
  return new Uint32Array(Math.ceil(rowCount / 32)).fill(0xffffffff)
}

export interface Load {
  readonly kind: IdKind
  readonly rowCount: number
  readonly frames: readonly ColumnFrame[]
  readonly aliveWords?: Uint32Array
  readonly rowBase?: number
}

/** Loads one segment. */
export async function load({ kind, rowCount, frames, aliveWords, rowBase = 0 }: Load) {
  const allocator = makeAllocator()
  const ids = createIdIndex(kind, allocator)
  const metadata = new RowBytes(allocator)
  const loader = new ColumnLoader({ name: 'docs', ids, metadata, nextId: NEXT_ID })
  const segment = { rowBase, rowCount, frames, file: 'here.col' }
  await loader.load({ ...segment, aliveWords: aliveWords ?? allAlive(rowCount) })
  return { ids, metadata }
}

export function u64Frame(rowBase: number, ids: readonly bigint[]): ColumnFrame {
  const body = new Uint8Array(BigUint64Array.from(ids).buffer)
  return { kind: 'u64 ids', rowBase, rowCount: ids.length, body }
}

export function packedFrame(
  kind: ColumnKind,
  rowBase: number,
  texts: readonly string[],
): ColumnFrame {
  const { bytes, ends } = packedTexts(texts)
  const body = Uint8Array.of(...new Uint8Array(ends.buffer), ...bytes)
  return { kind, rowBase, rowCount: texts.length, body }
}

/** Runs of count, explicit and first id. */
export function runsFrame(
  rowBase: number,
  runs: readonly (readonly [number, number, number])[],
): ColumnFrame {
  const words = runs.flatMap(([count, explicit, id]) => [
    count,
    explicit,
    id % 2 ** 32,
    Math.floor(id / 2 ** 32),
  ])
  const body = new Uint8Array(Uint32Array.from(words).buffer)
  const rowCount = runs.reduce((sum, [count]) => sum + count, 0)
  return { kind: 'assigned ids', rowBase, rowCount, body }
}
