import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { ClusterRunner } from '../../src/index/cluster/cluster-runner.js'
import { createCodeIndex } from '../../src/index/create-code-index.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import type { StoredSchema } from '../../src/schema.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'

const SCHEMA: StoredSchema = {
  dimension: 24,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: 64 * 1024,
  index: { type: 'codes' },
}

describe('createCodeIndex', () => {
  const warn = (): void => undefined
  const allocator = new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' })
  const store = new MemoryVectorStore({ allocator, stride: 96, segmentBytes: 64 * 1024, warn })
  const clusters = new ClusterRunner({ kernels: scalarKernels, areKernelsSelected: false })
  const options = {
    name: 'docs',
    store,
    kernels: scalarKernels,
    allocator,
    clusters,
    warn,
    onBuild: () => undefined,
  }

  it('makes one where rows are four times as long as codes', () => {
    expect(createCodeIndex({ ...options, schema: SCHEMA })).toBeDefined()
  })

  it.each([
    ['flat', { index: { type: 'flat' } }],
    ['bits', { dtype: 'bit', metric: 'hamming', dimension: 4096 }],
    ['short rows', { dimension: 23 }],
    ['bytes of 127 dimensions', { dtype: 'int8', dimension: 127 }],
  ] as const)('makes none for %s', (_, change) => {
    expect(createCodeIndex({ ...options, schema: { ...SCHEMA, ...change } })).toBeUndefined()
  })
})
