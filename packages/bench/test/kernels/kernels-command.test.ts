import { afterEach, describe, expect, it, vi } from 'vitest'
import type { BenchOutcome } from '../../src/command.js'
import { availableKernels, ISA_NAMES } from '../../src/kernels/instruction-sets.js'
import { kernelsCommand } from '../../src/kernels/kernels-command.js'
import { parseOptions } from '../../src/options.js'
import { loadSimsimd } from '../../src/peer/simsimd.js'
import { UsageError } from '../../src/usage-error.js'

/** Options that keep a real run short. */
const TINY = ['--time', '1', '--dim', '20', '--memory-bytes', '100000']
const SIMSIMD = await loadSimsimd()
const ISAS = availableKernels(() => {}).map(({ isa }) => isa)

async function bench(...argv: string[]): Promise<BenchOutcome> {
  return kernelsCommand.run(parseOptions(kernelsCommand.options, [...argv, ...TINY]), () => {})
}

function namesOf({ figures }: BenchOutcome): string[] {
  return Object.keys(figures.toJSON())
}

describe('bench kernels', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('times every kernel, in the caches and from memory', async () => {
    const outcome = await bench('--dtypes', 'float32', '--isas', 'scalar')
    for (const [kernel, locations] of [
      ['crc32c', 2],
      ['ingest', 2],
      ['distancesRange', 2],
      ['nearest', 2],
      ['nearestMasked', 2],
      ['distances', 2],
      ['pair', 2],
      ['encode', 2],
      ['buildTables', 1],
      ['scanSums', 2],
      ['scanBlocks', 2],
      ['assign', 1],
      ['accumulateMeans', 2],
    ] as const) {
      for (const name of [kernel, `${kernel}-memory`].slice(0, locations)) {
        const figure = outcome.figures.get(`kernel.${name}.float32.scalar.nsPerRow`)
        expect(figure, name).toMatchObject({ unit: 'ns' })
        expect(figure?.samples.length, name).toBeGreaterThanOrEqual(3)
        const throughput = outcome.figures.get(`kernel.${name}.float32.scalar.throughput`)
        expect(throughput?.unit, name).toBe('MB/s')
        expect(throughput?.value, name).toBeGreaterThan(0)
      }
    }
    expect(outcome.figures.get('memcpy.throughput')).toMatchObject({ unit: 'MB/s' })
    expect(outcome.figures.get('memory.readThroughput')).toMatchObject({ unit: 'MB/s' })
  })

  it('times every dtype', async () => {
    const outcome = await bench('--kernels', 'distancesRange,ingest', '--isas', 'scalar')
    expect(namesOf(outcome).filter((name) => name.endsWith('scalar.nsPerRow'))).toHaveLength(4 * 15)
  })

  it('times every instruction set that runs here, best last', async () => {
    const outcome = await bench('--kernels', 'distances', '--dtypes', 'int8,bit')
    for (const isa of ISAS) {
      expect(namesOf(outcome)).toContain(`kernel.distances.int8.${isa}.nsPerRow`)
      expect(namesOf(outcome)).toContain(`kernel.distances-memory.bit.${isa}.nsPerRow`)
    }
    expect(outcome.kernels.isa).toBe(ISAS.join(', '))
  })

  it('times what --isas says, whatever SLUICE_SIMD says', async () => {
    const isa = ISAS.at(-1) ?? 'scalar'
    vi.stubEnv('SLUICE_SIMD', 'scalar')
    const outcome = await bench('--kernels', 'crc32c', '--dtypes', 'int8', '--isas', isa)
    expect(outcome.kernels).toEqual({
      name: isa === 'scalar' ? 'scalar' : 'native',
      isa,
      reason: 'SLUICE_SIMD is not used; see --isas',
    })
    expect(process.env['SLUICE_SIMD']).toBe('scalar')
    expect(namesOf(outcome)).toContain(`kernel.crc32c.int8.${isa}.nsPerRow`)
  })

  it('says what a row has: throughput is bytes over time', async () => {
    const { figures } = await bench(
      '--kernels',
      'crc32c',
      '--dtypes',
      'float64',
      '--isas',
      'scalar',
    )
    const nsPerRow = figures.get('kernel.crc32c.float64.scalar.nsPerRow')?.samples ?? []
    const throughput = figures.get('kernel.crc32c.float64.scalar.throughput')?.samples ?? []
    nsPerRow.forEach((ns, i) => {
      expect((throughput[i] ?? 0) * ns).toBeCloseTo(20 * 8 * 1000)
    })
    const medians = ['nsPerRow', 'throughput'].map(
      (name) => figures.get(`kernel.crc32c.float64.scalar.${name}`)?.value ?? 0,
    )
    expect((medians[0] ?? 0) * (medians[1] ?? 0)).toBeCloseTo(20 * 8 * 1000)
  })

  it.skipIf(typeof SIMSIMD === 'string')(
    'times simsimd where it has the same distance, and its call alone',
    async () => {
      const args = ['--isas', 'scalar', '--kernels', 'pair', '--metric', 'l2']
      const names = namesOf(await bench(...args, '--dtypes', 'float32,int16,bit'))
      expect(names.filter((name) => name.startsWith('simsimd'))).toEqual([
        'simsimd.sqeuclidean.float32.nsPerRow',
        'simsimd.sqeuclidean.float32.throughput',
        'simsimd.call.float32.nsPerRow',
        'simsimd.sqeuclidean-memory.float32.nsPerRow',
        'simsimd.sqeuclidean-memory.float32.throughput',
        'simsimd.hamming.bit.nsPerRow',
        'simsimd.hamming.bit.throughput',
        'simsimd.call.bit.nsPerRow',
        'simsimd.hamming-memory.bit.nsPerRow',
        'simsimd.hamming-memory.bit.throughput',
      ])
    },
  )

  it.each([
    [['--kernels', 'nothing'], '--kernels takes one of crc32c'],
    [['--dtypes', 'float32,float8'], '--dtypes takes one of float64'],
    [['--isas', 'mmx'], '--isas takes one of scalar'],
    [['--metric', 'hamming'], '--metric takes one of cosine, dot, l2'],
  ])('refuses %j', async (argv, message) => {
    await expect(bench(...argv)).rejects.toThrow(UsageError)
    await expect(bench(...argv)).rejects.toThrow(message)
  })

  it('refuses instruction sets that do not run here, and says which do', async () => {
    // No machine has all of them: some are of other architectures.
    const strange = ISA_NAMES.filter((isa) => !ISAS.includes(isa))
    const run = bench('--isas', `scalar,${strange.join(',')}`)
    await expect(run).rejects.toThrow(UsageError)
    for (const isa of strange) await expect(run).rejects.toThrow(`${isa} does not run here`)
    await expect(run).rejects.toThrow(`; here: ${ISAS.join(', ')}`)
    await expect(run).rejects.not.toThrow('SLUICE_SIMD')
  })
})
