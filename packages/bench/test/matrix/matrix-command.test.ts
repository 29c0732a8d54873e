import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DTYPES } from '@sluice/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BenchOutcome } from '../../src/command.js'
import { matrixCommand } from '../../src/matrix/matrix-command.js'
import { parseOptions } from '../../src/options.js'
import { UsageError } from '../../src/usage-error.js'

describe('bench matrix', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-matrix-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  async function bench(...argv: string[]): Promise<BenchOutcome> {
    const dir = join(directory, 'db')
    const tiny = ['--bytes', '100000', '--batch-bytes', '30000', '--queries', '5', '--repeat', '2']
    const args = [...tiny, '--wal', 'file', '--dir', dir, ...argv]
    const outcome = await matrixCommand.run(parseOptions(matrixCommand.options, args), () => {})
    expect(await readdir(dir), 'files left behind').toEqual([])
    return outcome
  }

  it('loads every dtype at every dimension, and finds what it loaded', async () => {
    const { figures, tables = [] } = await bench(
      '--dims',
      '16,64',
      '--repeat',
      '1',
      '--wal',
      'memory',
    )
    for (const dtype of DTYPES) {
      for (const dimension of [16, 64]) {
        const name = `matrix.${dtype}.${dimension}`
        expect(figures.get(`${name}.throughput`)?.unit).toBe('MB/s')
        expect(figures.get(`${name}.throughput`)?.value, name).toBeGreaterThan(0)
        expect(figures.get(`${name}.limitRatio`), name).toBeUndefined()
        expect(figures.get(`${name}.cpuSecondsPerGigabyte`)?.value, name).toBeGreaterThan(0)
        expect(figures.get(`${name}.recall`)?.value, name).toBeGreaterThanOrEqual(0.9)
      }
    }
    expect(figures.get('disk.throughput')).toBeUndefined()
    expect(figures.get('matrix.errors')?.max).toBe(0)
    const titles = tables.map((table) => table.split(/ {2,}/)[0])
    expect(titles).toEqual(['MB/s', 'recall@10', 'CPU s/GB'])
    expect(tables[0]?.split('\n')[0]).toMatch(/16 +64$/)
    expect(tables[0]?.split('\n').map((line) => line.split(' ')[0])).toEqual(['MB/s', ...DTYPES])
  })

  it('compares ids and metadata with a load that has neither', async () => {
    const args = ['--dtypes', 'float32', '--dims', '32', '--ids', 'all', '--metadata', 'all']
    const { figures, tables = [] } = await bench(...args)
    const name = 'matrix.float32.32'
    const plain = figures.get(`${name}.throughput`)?.samples ?? []
    expect(plain).toHaveLength(2)
    expect(figures.get(`${name}.plainRatio`)).toBeUndefined()
    for (const extra of ['metadata', 'u64', 'u64.metadata', 'string', 'string.metadata']) {
      const throughputs = figures.get(`${name}.${extra}.throughput`)?.samples ?? []
      const ratios = figures.get(`${name}.${extra}.plainRatio`)?.samples ?? []
      expect(ratios, extra).toHaveLength(2)
      ratios.forEach((ratio, round) => {
        expect(ratio).toBeCloseTo((throughputs[round] ?? 0) / (plain[round] ?? 0))
      })
      expect(figures.get(`${name}.${extra}.recall`)?.value, extra).toBeGreaterThanOrEqual(0.9)
    }
    expect(tables.at(-1)).toContain('of plain')
    expect(figures.get('disk.throughput')?.samples).toHaveLength(1 + 2 * 6)
    expect(figures.get(`${name}.limitRatio`)?.value).toBeGreaterThan(0)
    expect(tables[1]).toContain('of the limit')
  })

  it.each([
    [['--dtypes', 'float8'], '--dtypes takes one of float64'],
    [['--dims', '128,0'], '--dims takes an integer from 1 to'],
    [['--dims', ''], '--dims takes an integer'],
    [['--ids', 'uuid'], '--ids takes one of assigned'],
    [['--metadata', 'large'], '--metadata takes one of none, small'],
    [['--bytes', '10'], '--bytes takes an integer'],
    [['--batch-bytes', '0'], '--batch-bytes takes an integer'],
    [['--queries', '0'], '--queries takes an integer'],
    [['--wal', 'paper'], '--wal takes one of'],
  ])('refuses %j', async (argv, message) => {
    const values = parseOptions(matrixCommand.options, argv)
    await expect(matrixCommand.run(values, () => {})).rejects.toThrow(UsageError)
    await expect(matrixCommand.run(values, () => {})).rejects.toThrow(message)
  })
})
