/** Batches written by calls of their own, several at a time. */

import type { Collection, VectorData, WriteResult } from '@sluice/core'
import type { AnyBatch, Workload } from '../vectors/workload.js'

/**
 * Ways to write a batch: handed over, or filled in place.
 *
 * @internal
 */
export type CallMethod = 'add' | 'writer'

/**
 * How batches are written.
 *
 * @internal
 */
export interface WriteCalls {
  readonly method: CallMethod
  /** Calls at a time, a batch each. */
  readonly inFlight: number
}

/**
 * Writes all batches; each caller awaits its batch before it takes the next one.
 *
 * @param onProgress - told the bytes acknowledged
 * @internal
 */
export async function writeWithCalls(
  collection: Collection,
  { batches, stride }: Workload,
  { method, inFlight }: WriteCalls,
  onProgress: (bytes: number) => void,
): Promise<void> {
  let next = 0
  let bytes = 0
  const write = async (): Promise<void> => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      const written = method === 'add' ? collection.add(batch) : fill(collection, batch, stride)
      const { rows } = await written
      bytes += rows * stride
      onProgress(bytes)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, write))
}

/** The copy stands for whatever makes the rows. */
async function fill(collection: Collection, batch: AnyBatch, stride: number): Promise<WriteResult> {
  const { vectors, ...labels } = batch
  const source = bytesOf(vectors as VectorData)
  await using writer = await collection.writer(source.byteLength / stride)
  for (const { row, rowCount, vectors: room } of writer.spans) {
    bytesOf(room).set(source.subarray(row * stride, (row + rowCount) * stride))
  }
  return await writer.commit(labels)
}

function bytesOf({ buffer, byteOffset, byteLength }: VectorData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
