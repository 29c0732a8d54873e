/** Threads that encode, and what they are given. */

import type { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { blockLayoutOf, codeDimensionOf } from '../../../src/code-layout.js'
import type { EncodeTask } from '../../../src/contract/index.js'
import { EncodePool, type EncodePoolOptions } from '../../../src/index/encode/encode-pool.js'
import { startEncodeWorker } from '../../../src/index/encode/encode-thread.js'
import { rotationSigns } from '../../../src/rotation-signs.js'
import { Numbers } from '../../search/vector-sets.js'
import { kernels } from '../../support/selected-kernels.js'

const DIMENSION = 32
const BLOCK_BYTES = blockLayoutOf(codeDimensionOf('float32', DIMENSION)).byteLength

/** Threads, and what was said and started. */
export interface WatchedPool {
  readonly pool: EncodePool
  readonly workers: readonly Worker[]
  readonly warnings: readonly string[]
}

/** Ends with the test. */
export function watchedPool(options: Partial<EncodePoolOptions> = {}): WatchedPool {
  const workers: Worker[] = []
  const warnings: string[] = []
  const pool = new EncodePool({
    kernels,
    areKernelsSelected: true,
    workers: 2,
    warn: ({ code, message }) => warnings.push(`${code} ${message}`),
    startWorker: (wanted) => {
      const worker = startEncodeWorker(wanted)
      workers.push(worker)
      return worker
    },
    ...options,
  })
  onTestFinished(() => pool.close())
  return { pool, workers, warnings }
}

/** Rows to encode, and room for their codes. */
export function taskOf(
  rowCount: number,
  Memory = SharedArrayBuffer as new (
    length: number,
  ) => ArrayBufferLike,
): EncodeTask {
  const numbers = new Numbers(rowCount)
  const values = new Float32Array(new Memory(4 * DIMENSION * rowCount))
  for (let i = 0; i < values.length; i++) values[i] = numbers.gaussian()
  const space = {
    metric: 'l2',
    dtype: 'float32',
    dimension: DIMENSION,
    mean: new Float32Array(DIMENSION).fill(0.5),
    signs: rotationSigns(64, 7),
  } as const
  const blocks = new Uint8Array(new Memory(Math.ceil(rowCount / 32) * BLOCK_BYTES))
  return { space, rows: new Uint8Array(values.buffer), rowBase: 64, blocks }
}
