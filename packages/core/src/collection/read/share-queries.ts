/** Query vectors in memory that threads share: checked and copied in one pass. */

import type { KernelProvider } from '../../contract/index.js'
import { StateError } from '../../errors.js'
import type { StoredSchema } from '../../schema.js'
import { TimeSlice } from '../../time-slice.js'
import { describeBadRow, type ParsedVectors } from '../input/vector-input.js'

/** Bytes of one call of the kernel: some tenths of a millisecond. */
const STEP_BYTES = 512 * 1024

/**
 * A shared copy of packed rows, made in steps short enough for the event loop.
 *
 * @param checkpoint - called between steps; throws to give up
 * @throws InvalidArgumentError naming the first row that is bad; `SLUICE_LIMIT_EXCEEDED` when there
 * is no memory
 * @internal
 */
export async function shareQueries(
  kernels: KernelProvider,
  { dtype, dimension, ...schema }: StoredSchema,
  { rowCount, bytes }: ParsedVectors,
  checkpoint: () => void,
): Promise<Uint8Array> {
  const copy = sharedBytes(bytes.byteLength)
  const stride = bytes.byteLength / rowCount
  const stepRows = Math.max(1, Math.floor(STEP_BYTES / stride))
  const slice = new TimeSlice()
  for (let row = 0; row < rowCount; row += stepRows) {
    const to = Math.min(rowCount, row + stepRows)
    const source = bytes.subarray(row * stride, to * stride)
    const target = copy.subarray(row * stride, to * stride)
    const task = { dtype, dimension, source, target, rowCount: to - row, crc: 0 }
    const { firstBadRow } = kernels.ingest(task)
    if (firstBadRow >= 0) {
      throw describeBadRow({ dtype, dimension, ...schema }, bytes, row + firstBadRow)
    }
    if (!slice.isOver()) continue
    await slice.next()
    checkpoint()
  }
  return copy
}

function sharedBytes(byteLength: number): Uint8Array {
  try {
    return new Uint8Array(new SharedArrayBuffer(byteLength))
  } catch (cause) {
    const message = `there is no memory for ${byteLength} bytes of queries`
    throw new StateError('SLUICE_LIMIT_EXCEEDED', message, { cause })
  }
}
