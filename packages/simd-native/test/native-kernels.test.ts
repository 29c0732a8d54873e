import { distanceOracle, kernelProviderSuite } from '@sluice/core/conformance'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { scalarKernels } from '../../core/src/kernels/scalar/scalar-kernels.js'
import { createNativeKernels, nativeStatus } from '../src/index.js'
import { INSTRUCTION_SETS } from './instruction-sets.js'

const VARIABLE = 'SLUICE_SIMD'
const status = nativeStatus()

afterEach(() => {
  delete process.env[VARIABLE]
})

for (const { isa, provider, reason } of INSTRUCTION_SETS) {
  if (provider === undefined) {
    it.skipIf(true)(`kernel provider native ${isa}: ${reason}`, () => {})
  } else {
    kernelProviderSuite({
      runner: { describe, it },
      fc,
      name: `native ${isa}`,
      provider,
      oracle: distanceOracle(scalarKernels),
      codes: scalarKernels,
    })
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
      'SLUICE_SIMD=avx9 is not one of scalar, baseline, sse, avx2, avx512, neon, dotprod',
    )
  })

  it.skipIf(!status.available)('is honoured and reported', () => {
    process.env[VARIABLE] = 'baseline'
    const { info } = createNativeKernels(scalarKernels)
    expect(info).toMatchObject({ name: 'native', isa: 'baseline' })
    expect(info.reason).toBe('SLUICE_SIMD=baseline')
    expect(info.path).toMatch(/sluice\.node$/)
  })

  it('takes every name in any case, and every isa that there is', () => {
    process.env[VARIABLE] = 'Scalar'
    expect(nativeStatus()).toEqual({ available: false, reason: 'SLUICE_SIMD=Scalar' })
    for (const { isa, provider } of INSTRUCTION_SETS) {
      if (provider === undefined) continue
      for (const name of [isa.toUpperCase(), provider.info.isa, provider.info.isa.toUpperCase()]) {
        process.env[VARIABLE] = name
        const { info } = createNativeKernels(scalarKernels)
        expect(info).toMatchObject({ isa: provider.info.isa, reason: `SLUICE_SIMD=${name}` })
      }
    }
  })

  it('is refused for what this CPU is not, by the name that was given', () => {
    const stranger = process.arch === 'arm64' ? 'sse4.2' : 'neon+dotprod'
    process.env[VARIABLE] = stranger
    expect(() => createNativeKernels(scalarKernels)).toThrow(
      status.available ? `SLUICE_SIMD=${stranger}: this CPU has no` : 'no usable binary',
    )
  })
})

describe.skipIf(!status.available)('native kernels', () => {
  it('are those of the best instruction set that runs here, and say so', () => {
    const best = INSTRUCTION_SETS.find(({ provider }) => provider !== undefined)
    const { info } = createNativeKernels(scalarKernels)
    expect(info.isa).toBe(best?.provider?.info.isa)
    expect(info.reason).toBe('the best instruction set of this CPU')
  })

  it('ask the fallback only about tasks that make no sense', () => {
    const kernels = createNativeKernels(scalarKernels)
    const bytes = new Uint8Array(16)
    const task = {
      metric: 'l2',
      dtype: 'float32',
      dimension: 4,
      query: bytes,
      rows: bytes,
    } as const
    const out = new Float64Array(1)
    const scan = (change: object): void => {
      kernels.distancesRange({ ...task, ...change }, 0, out)
    }
    expect(() => scan({ dtype: 'float31' })).toThrow('dtype float31 is unknown')
    expect(() => scan({ metric: 'manhattan' })).toThrow('metric manhattan does not go with')
    expect(() => scan({ metric: 'hamming' })).toThrow('metric hamming does not go with')
    expect(() => scan({ dimension: 4097 })).toThrow('from 1 to 4096')
  })

  it('keep the count of a scan apart from that of a scan its getters make', () => {
    const kernels = createNativeKernels(scalarKernels)
    const blocks = new Uint8Array(4 * 64 + 512)
    const tables = new Uint8Array(4 * 64)
    const bound = { scale: 0, bias: 0, weight: 0, threshold: 1 }
    const room = () => ({ rows: new Uint32Array(200), bounds: new Float32Array(200), count: 0 })
    const inner = { codeDimension: 64, tables, blocks, from: 0, to: 0 }
    const outer = {
      ...inner,
      to: 1,
      get codeDimension(): number {
        kernels.scanBlocks(inner, bound, { ...room(), count: 100 })
        return 64
      },
    }
    const survivors = room()
    kernels.scanBlocks(outer, bound, survivors)
    expect(survivors.count).toBe(32)
  })

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
})
