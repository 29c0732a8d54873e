/** A collection in memory for tests, changed as a replay of the log changes one. */

import { SlabAllocator } from '@sluice/pool'
import { createIdIndex } from '../../src/collection/ids/create-id-index.js'
import { AliveBits } from '../../src/collection/rows/alive-bits.js'
import { RowBytes } from '../../src/collection/rows/row-bytes.js'
import { CollectionState } from '../../src/collection/state/collection-state.js'
import { applyDelete, applyRows } from '../../src/database/replay-entry.js'
import type { AssignedIdBatch, IdBatch } from '../../src/id-batch.js'
import { ClusterRunner } from '../../src/index/cluster/cluster-runner.js'
import { createCodeIndex } from '../../src/index/create-code-index.js'
import type { Encoders } from '../../src/index/encode/encode-pool.js'
import { crc32c } from '../../src/kernels/scalar/crc32c.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import type { PackedBytes } from '../../src/packed-bytes.js'
import type { StoredSchema } from '../../src/schema.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'

export const DIMENSION = 32
/** Of the smallest segments that there can be. */
export const ROWS_PER_SEGMENT = 32

/** An empty collection of float32 vectors; with encoders, who make codes of its rows. */
export function emptyState(segmentBytes = 8192, encoders?: Encoders): CollectionState {
  const allocator = new SlabAllocator({ bytesMax: 2 ** 30, backing: 'heap' })
  const stride = 4 * DIMENSION
  const warn = (): void => undefined
  const store = new MemoryVectorStore({ allocator, stride, segmentBytes, warn })
  const name = 'docs'
  const schema: StoredSchema = {
    dimension: DIMENSION,
    dtype: 'float32',
    metric: 'l2',
    segmentBytes,
    index: { type: encoders === undefined ? 'flat' : 'codes' },
  }
  const kernels = scalarKernels
  const clusters = new ClusterRunner({ kernels, areKernelsSelected: false })
  const services = { kernels, allocator, clusters, encoders, onBuild: warn, warn }
  return new CollectionState({
    id: 1,
    name,
    schema,
    store,
    codes: createCodeIndex({ name, schema, store, ...services }),
    alive: new AliveBits(store.rowsPerSegment),
    metadata: new RowBytes(allocator),
    createIds: (kind) => createIdIndex(kind, allocator),
  })
}

/** Writes rows; every element of row r is r. */
export async function writeRows(
  state: CollectionState,
  ids: IdBatch,
  metadata?: PackedBytes,
): Promise<void> {
  const { store, visibleRows: rowBase } = state
  const spans = (await store.claim(ids.count)).map(({ row, rowCount, bytes }) => {
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, rowCount * DIMENSION)
    values.forEach((_, i) => {
      values[i] = row + Math.floor(i / DIMENSION)
    })
    return { rowCount, crc: crc32c(bytes) }
  })
  store.seal(store.rowCount)
  const entry = {
    kind: 'rows' as const,
    collectionId: state.id,
    rowBase,
    rowCount: ids.count,
    rowsCrc: 0,
    ids,
    ...(metadata ? { metadata } : {}),
  }
  applyRows(state, entry, spans)
}

/** Deletes rows. */
export function deleteRows(state: CollectionState, ids: Exclude<IdBatch, AssignedIdBatch>): void {
  applyDelete(state, { kind: 'delete', collectionId: state.id, ids })
}

/** Metadata, none where a text is empty. */
export function packedTexts(texts: readonly string[]): PackedBytes {
  const bytes = new TextEncoder().encode(texts.join(''))
  let end = 0
  const ends = Uint32Array.from(texts, (text) => {
    end += Buffer.byteLength(text)
    return end
  })
  return { bytes, ends }
}
