import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BenchOutcome } from '../../src/command.js'
import { parseOptions } from '../../src/options.js'
import { loadUsearch } from '../../src/peer/usearch.js'
import { searchCommand } from '../../src/search/search-command.js'
import { UsageError } from '../../src/usage-error.js'
import { RowGenerator } from '../../src/vectors/generate.js'

const usearch = await loadUsearch()

describe('bench search', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-search-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  async function bench(...argv: string[]): Promise<BenchOutcome> {
    const dir = join(directory, 'db')
    const args = [...argv, '--dir', dir, '--repeat', '2', '--query-count', '9']
    const outcome = await searchCommand.run(parseOptions(searchCommand.options, args), () => {})
    expect(await readdir(dir), 'files left behind').toEqual([])
    return outcome
  }

  it('finds all neighbours, and says how fast beside the memory', async () => {
    const { figures, kernels, notes } = await bench('--rows', '2000', '--dim', '24')
    expect(figures.get('search.2000.exact.recall')).toMatchObject({ min: 1, unit: 'share' })
    for (const [name, unit] of [
      ['search.2000.exact.firstQuery', 'ms'],
      ['search.2000.exact.qps', 'queries/s'],
      ['search.2000.exact.p50', 'ms'],
      ['search.2000.exact.p99', 'ms'],
      ['search.2000.exact.bandwidthRatio', 'ratio'],
      ['memory.readThroughput', 'MB/s'],
    ] as const) {
      expect(figures.get(name)?.unit, name).toBe(unit)
      expect(figures.get(name)?.value, name).toBeGreaterThan(0)
    }
    expect(figures.get('search.2000.exact.qps')?.samples).toHaveLength(2)
    expect(figures.get('search.2000.exact.errors')?.max).toBe(0)
    expect(kernels.name).toMatch(/native|scalar/)
    expect(notes).toContain('queries: 9 more generated vectors')
  })

  it.skipIf(typeof usearch === 'string')('asks usearch the same', async () => {
    const { figures } = await bench('--rows', '500', '--dim', '24')
    expect(figures.get('peer.usearch.500.exact.recall')?.min).toBe(1)
    expect(figures.get('peer.usearch.500.exact.qps')?.value).toBeGreaterThan(0)
    expect(figures.get('search.500.exact.usearchRatio')?.value).toBeGreaterThan(0)
  })

  it.each(['bit', 'float16', 'int64'])('searches %s without usearch', async (dtype) => {
    const { figures, notes } = await bench('--rows', '300', '--dim', '64', '--dtype', dtype)
    expect(figures.get('search.300.exact.recall')?.min).toBe(1)
    expect(figures.get('peer.usearch.300.exact.qps')).toBeUndefined()
    expect(notes).toContain(`usearch takes no ${dtype} here`)
  })

  it('takes rows and queries from files', async () => {
    const generator = new RowGenerator({ dtype: 'float32', dimension: 16, seed: 5 })
    const rows = new Uint8Array(400 * generator.stride)
    generator.fill(rows)
    const [data, queries] = [join(directory, 'rows.f32'), join(directory, 'queries.f32')]
    await writeFile(data, rows)
    await writeFile(queries, rows.subarray(7 * generator.stride, 12 * generator.stride))
    const args = ['--data', data, '--dim', '16', '--wal', 'file']
    const { figures, notes } = await bench(...args, '--queries', queries, '--rows', '350')
    expect(figures.get('search.350.exact.recall')?.min).toBe(1)
    expect(notes).toContain(`queries: the first 5 vectors of ${queries}`)
    const whole = await bench(...args, '--queries', queries)
    expect(whole.figures.get('search.400.exact.recall')?.min).toBe(1)
  })

  it('takes the last vectors of the rows for queries, and does not load them', async () => {
    const generator = new RowGenerator({ dtype: 'float32', dimension: 16, seed: 5 })
    const rows = new Uint8Array(40 * generator.stride)
    generator.fill(rows)
    const data = join(directory, 'few.f32')
    await writeFile(data, rows)
    const args = ['--data', data, '--dim', '16']
    const { figures, notes } = await bench(...args)
    expect(figures.get('search.31.exact.recall')?.min).toBe(1)
    expect(notes).toContain(`queries: the last 9 vectors of ${data}, which are not among the rows`)
    const some = await bench(...args, '--rows', '7')
    expect(some.figures.get('search.7.exact.recall')?.min).toBe(1)
    await writeFile(data, rows.subarray(0, 9 * generator.stride))
    await expect(bench(...args)).rejects.toThrow('its last 9 (--query-count) are the queries')
  })

  it.each([
    [['--dtype', 'float8'], '--dtype takes one of'],
    [['--data', 'rows.npy'], 'neither .f32 nor .f16'],
    [['--query-count', '0'], '--query-count takes an integer'],
    [['--queries', 'queries.f32'], '--queries needs --data'],
  ])('refuses %j', async (argv, message) => {
    const values = parseOptions(searchCommand.options, argv)
    await expect(searchCommand.run(values, () => {})).rejects.toThrow(UsageError)
    await expect(searchCommand.run(values, () => {})).rejects.toThrow(message)
  })
})
