/** What a bulk load does when it ends while joined batches wait for their turn to be written. */

import { BufferPool, SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { type BulkLoad, bulkIngest } from '../../../src/collection/bulk/bulk-ingest.js'
import type { CheckedBatch } from '../../../src/collection/input/checked-batch.js'
import { InvalidArgumentError } from '../../../src/index.js'

const STRIDE = 4

function batchOf(rowCount: number): CheckedBatch {
  const source = new Uint8Array(rowCount * STRIDE)
  return { rowCount, source, ids: undefined, metadata: undefined }
}

/**
 * A load of 3 rows and, once these wait to be submitted, 2 more; `end` is called right behind them.
 * What is submitted while the load may be stopped waits for ever, or until `refuse` is called. (On
 * a machine that stands still for as long as batches linger the source is not asked for the 2.)
 */
async function loadOf(end: (refuse: (error: unknown) => void) => void, signal?: AbortSignal) {
  const submitted: number[] = []
  let refuse: (error: unknown) => void = () => undefined
  let onWaiting: () => void = () => undefined
  const waiting = new Promise<void>((resolve) => {
    onWaiting = resolve
  })
  const source = async function* () {
    yield 3
    await waiting
    yield 2
  }
  const submit: BulkLoad['submit'] = ({ rowCount }, stopped) => {
    if (stopped === undefined) {
      submitted.push(rowCount)
      const result = { rows: rowCount, inserted: rowCount, updated: 0, lsn: 1n }
      return Promise.resolve({ acknowledged: Promise.resolve(result) })
    }
    onWaiting()
    setImmediate(() => end(refuse))
    return new Promise((_, reject) => {
      refuse = reject
      stopped.addEventListener('abort', () => reject(stopped.reason))
    })
  }
  const allocator = new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' })
  const error: unknown = await bulkIngest({
    source: source(),
    check: (batch) => batchOf(batch as number),
    signals: [signal],
    stride: STRIDE,
    pieces: { batchBytesMax: 2 ** 20, batchRowsMax: 1000, lingerMs: 1 },
    buffers: new BufferPool({ allocator }),
    submit,
    onProgress: undefined,
  }).catch((reason: unknown) => reason)
  return { submitted, error }
}

describe('a load whose joined batches wait for their turn', () => {
  it('writes them when it is aborted, and nothing behind them', async () => {
    const stop = new AbortController()
    const { submitted, error } = await loadOf(() => stop.abort(), stop.signal)
    expect(submitted).toEqual([3])
    expect(error).toMatchObject({
      code: 'SLUICE_ABORTED',
      details: { sourceRow: 3, rowsAcknowledged: 3 },
    })
  })

  it('writes nothing behind them when they are refused', async () => {
    const refusal = new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', 'no', {
      details: { row: 1 },
    })
    const { submitted, error } = await loadOf((refuse) => refuse(refusal))
    expect(submitted).toEqual([])
    expect(error).toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
      details: { sourceRow: 1, rowsAcknowledged: 0 },
    })
  })
})
