/** Random users against a reference: every dtype somewhere, every kind of id, every WAL backend. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Dtype, Metric } from '../../src/index.js'
import {
  type CheckpointOptions,
  fileWal,
  type OpenOptions,
  type WalFactory,
} from '../../src/index.js'
import { Driver, type Naming, type Setup } from './driver.js'
import { operations } from './operations.js'

/** Longer by hand: `SLUICE_MODEL_RUNS=1000 pnpm test model`. */
const RUNS = Number(process.env['SLUICE_MODEL_RUNS'] ?? 12)
const SEGMENT_BYTES = 256 * 1024

interface Kind {
  readonly dtype: Dtype
  readonly metric: Metric
  readonly naming: Naming
  readonly dimension: number
}

const KINDS: readonly Kind[] = [
  { dtype: 'float32', metric: 'l2', naming: 'u64', dimension: 5 },
  { dtype: 'float32', metric: 'cosine', naming: 'string', dimension: 384 },
  { dtype: 'float64', metric: 'dot', naming: 'string', dimension: 3 },
  { dtype: 'float16', metric: 'l2', naming: 'assigned', dimension: 7 },
  { dtype: 'bfloat16', metric: 'dot', naming: 'u64', dimension: 2 },
  { dtype: 'int64', metric: 'l2', naming: 'string', dimension: 3 },
  { dtype: 'uint64', metric: 'dot', naming: 'u64', dimension: 1 },
  { dtype: 'int32', metric: 'l2', naming: 'assigned', dimension: 4 },
  { dtype: 'uint32', metric: 'dot', naming: 'string', dimension: 33 },
  { dtype: 'int16', metric: 'dot', naming: 'u64', dimension: 6 },
  { dtype: 'uint16', metric: 'l2', naming: 'string', dimension: 6 },
  { dtype: 'int8', metric: 'dot', naming: 'assigned', dimension: 100 },
  { dtype: 'uint8', metric: 'l2', naming: 'u64', dimension: 9 },
  { dtype: 'complex128', metric: 'dot', naming: 'string', dimension: 2 },
  { dtype: 'complex64', metric: 'l2', naming: 'u64', dimension: 4 },
  { dtype: 'bit', metric: 'hamming', naming: 'string', dimension: 13 },
  // 32 or 64 rows a segment: segments die, and are freed.
  { dtype: 'float32', metric: 'l2', naming: 'u64', dimension: 1900 },
  { dtype: 'float16', metric: 'l2', naming: 'assigned', dimension: 3500 },
  { dtype: 'int32', metric: 'l2', naming: 'string', dimension: 1000 },
]

/** Never by itself; after every group of the log; as by default. */
const CHECKPOINTS: readonly (false | CheckpointOptions)[] = [false, { logBytesMax: 1 }, {}]

const WALS: readonly [string, () => WalFactory][] = [
  ['file', fileWal],
  ['lmdb', lmdbWal],
]

function rangeOf(dtype: Dtype): readonly [number, number] {
  if (dtype === 'bit') return [0, 1]
  return dtype.startsWith('uint') ? [0, 4] : [-2, 2]
}

function setupOf(kind: Kind, openOptions: OpenOptions): Setup {
  const { dtype, metric, naming, dimension } = kind
  return {
    openOptions,
    schema: { dtype, metric, dimension, segmentBytes: SEGMENT_BYTES, index: { type: 'codes' } },
    naming,
    width: dtype.startsWith('complex') ? 2 * dimension : dimension,
    isFloat: dtype.includes('float') || dtype.startsWith('complex'),
  }
}

async function runOnDisk(kind: Kind, createWal: () => WalFactory): Promise<void> {
  const { dimension, dtype } = kind
  const width = dtype.startsWith('complex') ? 2 * dimension : dimension
  const checkpoints = fc.constantFrom(...CHECKPOINTS)
  const steps = operations(width, rangeOf(dtype))
  const property = fc.asyncProperty(steps, checkpoints, async (steps, checkpoint) => {
    const path = await mkdtemp(join(tmpdir(), 'sluice-model-'))
    const driver = new Driver(setupOf(kind, { path, wal: createWal(), checkpoint }))
    try {
      await driver.start()
      for (const step of steps) await driver.run(step)
      await driver.run({ kind: 'reopen' })
    } finally {
      await driver.stop()
      await rm(path, { recursive: true, force: true })
    }
  })
  await fc.assert(property, { numRuns: RUNS })
}

describe.each(WALS)('a database on the %s WAL does what the reference does', (_, createWal) => {
  it.each(KINDS)('$dtype, $metric, $naming ids', async (kind) => {
    await runOnDisk(kind, createWal)
  })
})

describe('a database in memory does what the reference does', () => {
  it.each(KINDS)('$dtype, $metric, $naming ids', async (kind) => {
    const width = kind.dtype.startsWith('complex') ? 2 * kind.dimension : kind.dimension
    const lasting = operations(width, rangeOf(kind.dtype)).map((steps) =>
      steps.filter((step) => step.kind !== 'reopen'),
    )
    const checkpoints = fc.constantFrom(...CHECKPOINTS)
    const property = fc.asyncProperty(lasting, checkpoints, async (steps, checkpoint) => {
      const driver = new Driver(setupOf(kind, { checkpoint }))
      await driver.start()
      for (const step of steps) await driver.run(step)
      await driver.compareAll()
      await driver.stop()
    })
    await fc.assert(property, { numRuns: RUNS })
  })
})
