import { afterEach, describe, expect, it } from 'vitest'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { selectKernels, selectNative } from '../../src/kernels/select.js'

afterEach(() => {
  delete process.env['SLUICE_SIMD']
})

describe('selectKernels', () => {
  it('uses the provider it is given', async () => {
    expect(await selectKernels(scalarKernels)).toBe(scalarKernels)
  })

  it('finds kernels that work, and says why these', async () => {
    const kernels = await selectKernels('auto')
    expect(kernels.info.name).toMatch(/^(native|scalar)$/)
    expect(kernels.info.reason).not.toBe('')
    expect(kernels.crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  })

  it('obeys SLUICE_SIMD=scalar', async () => {
    process.env['SLUICE_SIMD'] = 'scalar'
    const { info } = await selectKernels('auto')
    expect(info).toEqual({ name: 'scalar', isa: 'scalar', reason: 'SLUICE_SIMD=scalar' })
  })

  it('falls back, with the reason, when the override makes no sense', async () => {
    process.env['SLUICE_SIMD'] = 'abacus'
    const { info } = await selectKernels('auto')
    expect(info.name).toBe('scalar')
    expect(info.reason).toMatch(/SLUICE_SIMD=abacus is not one of/)
  })
})

describe('selectNative', () => {
  it('falls back when the package is missing', async () => {
    const missing = '@sluice/simd-native'
    const load = async (): Promise<unknown> => {
      const error = new Error(`Cannot find package '${missing}' imported from a file`)
      throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' })
    }
    const { info } = await selectNative(load)
    expect(info).toMatchObject({ name: 'scalar', reason: `${missing} is not installed` })
  })

  it('falls back when the package is broken, has no binary, or is something else', async () => {
    const noBinary = {
      createNativeKernels: () => {
        throw new Error('no binary for beos-m68k')
      },
    }
    const broken = new SyntaxError('Unexpected token')
    const reasons = await Promise.all([
      selectNative(async () => noBinary),
      selectNative(() => Promise.reject(broken)),
      selectNative(async () => ({})),
      selectNative(() => Promise.reject(Object.create(null))),
    ])
    expect(reasons.map(({ info }) => info.reason)).toEqual([
      '@sluice/simd-native: no binary for beos-m68k',
      '@sluice/simd-native: Unexpected token',
      '@sluice/simd-native: it does not export createNativeKernels',
      '@sluice/simd-native failed to load',
    ])
  })
})
