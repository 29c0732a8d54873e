import { scalarKernels } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { loadSimsimd, simsimdOperation } from '../../src/peer/simsimd.js'

const simsimd = await loadSimsimd()

describe('simsimd', () => {
  it('has no operation for what its arrays cannot hold', () => {
    expect(simsimdOperation('cosine', 'float16')).toBeUndefined()
    expect(simsimdOperation('hamming', 'bit')).toBe('hamming')
  })

  it.skipIf(typeof simsimd === 'string').each(['cosine', 'l2', 'dot'] as const)(
    'has the same %s',
    (metric) => {
      const [a, b] = [Float32Array.of(1, 2, -3, 0.5), Float32Array.of(0.25, 4, 1, -2)]
      const query = new Uint8Array(a.buffer)
      const rows = new Uint8Array(b.buffer)
      const out = new Float64Array(1)
      const task = { metric, dtype: 'float32', dimension: 4, query, rows } as const
      scalarKernels.distancesRange(task, 0, out)
      const operation = simsimdOperation(metric, 'float32') ?? ''
      const found = typeof simsimd === 'string' ? undefined : simsimd[operation]?.(a, b)
      // Its inner product is not negated; single precision.
      expect(metric === 'dot' ? -(found ?? 0) : found).toBeCloseTo(out[0] ?? Number.NaN, 5)
    },
  )
})
