import type { DistanceOracle } from '@sluice/core/conformance'
import { kernelProviderSuite } from '@sluice/core/conformance'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { scalarKernels } from '../../core/src/kernels/scalar/scalar-kernels.js'
import { createNativeKernels, nativeStatus } from '../src/index.js'

const VARIABLE = 'SLUICE_SIMD'
const status = nativeStatus()

afterEach(() => {
  delete process.env[VARIABLE]
})

const scalarOracle: DistanceOracle = (task, row) => {
  const out = new Float64Array(1)
  scalarKernels.distancesRange(task, row, out)
  return out[0]!
}

function withOverride<T>(isa: string, body: () => T): T {
  process.env[VARIABLE] = isa
  try {
    return body()
  } finally {
    delete process.env[VARIABLE]
  }
}

for (const isa of ['avx2', 'sse', 'baseline']) {
  const here = withOverride(isa, nativeStatus)
  if (here.available) {
    kernelProviderSuite({
      runner: { describe, it },
      fc,
      name: `native ${isa}`,
      oracle: scalarOracle,
      provider: withOverride(isa, () => createNativeKernels(scalarKernels)),
    })
  } else {
    it.skipIf(true)(`kernel provider native ${isa}: ${here.reason}`, () => {})
  }
}

describe('SLUICE_SIMD', () => {
  it('chooses the scalar kernels by refusing to make native ones', () => {
    process.env[VARIABLE] = 'scalar'
    expect(() => createNativeKernels(scalarKernels)).toThrow(/^SLUICE_SIMD=scalar$/)
    expect(nativeStatus()).toEqual({ available: false, reason: 'SLUICE_SIMD=scalar' })
  })

  it('names what it may be when it is something else', () => {
    process.env[VARIABLE] = 'avx9'
    expect(() => createNativeKernels(scalarKernels)).toThrow(
      'SLUICE_SIMD=avx9 is not one of scalar, baseline, sse, avx2',
    )
  })

  it.skipIf(!status.available)('is honoured and reported', () => {
    process.env[VARIABLE] = 'baseline'
    const { info } = createNativeKernels(scalarKernels)
    expect(info).toMatchObject({ name: 'native', isa: 'baseline' })
    expect(info.reason).toMatch(/^SLUICE_SIMD=baseline; ingest native/)
    expect(info.path).toMatch(/sluice\.node$/)
  })
})

describe.skipIf(!status.available)('native kernels', () => {
  it('give the checksum and the bad row of the scalar ones for large batches', () => {
    const kernels = createNativeKernels(scalarKernels)
    const dimension = 385
    const rowCount = 3000
    const vectors = Float32Array.from({ length: dimension * rowCount }, (_, i) => Math.sin(i))
    const source = new Uint8Array(vectors.buffer)
    const ingest = (provider: typeof kernels): unknown => {
      const target = new Uint8Array(new SharedArrayBuffer(source.length))
      const task = { dtype: 'float32', dimension, source, target, rowCount, crc: 17 } as const
      return provider.ingest(task)
    }
    expect(ingest(kernels)).toEqual(ingest(scalarKernels))
    vectors[2900 * dimension + 384] = Number.NaN
    expect(ingest(kernels)).toMatchObject({ firstBadRow: 2900 })
  })

  it('leave what they lack to the fallback', () => {
    const asked: string[] = []
    const fallback = {
      ...scalarKernels,
      distancesRange: (...parameters: Parameters<typeof scalarKernels.distancesRange>) => {
        asked.push(parameters[0].dtype)
        scalarKernels.distancesRange(...parameters)
      },
    }
    const rows = new Uint8Array(64)
    const kernels = withOverride('baseline', () => createNativeKernels(fallback))
    for (const dtype of ['int8', 'float32'] as const) {
      const task = { metric: 'l2', dtype, dimension: 4, query: rows.slice(0, 4), rows } as const
      const query = dtype === 'int8' ? task.query : rows.slice(0, 16)
      kernels.distancesRange({ ...task, query }, 0, new Float64Array(1))
    }
    expect(asked).toEqual(['int8', 'float32'])
  })
})
