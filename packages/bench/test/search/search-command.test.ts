import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BenchOutcome } from '../../src/command.js'
import { parseOptions } from '../../src/options.js'
import { loadHnswlib } from '../../src/peer/hnswlib.js'
import { loadUsearch } from '../../src/peer/usearch.js'
import { searchCommand } from '../../src/search/search-command.js'
import { UsageError } from '../../src/usage-error.js'
import { RowGenerator } from '../../src/vectors/generate.js'

const usearch = await loadUsearch()
const hnswlib = await loadHnswlib()

const TARGETS = ['0.90', '0.95', '0.99', '0.999']

describe('bench search', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-search-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  async function bench(...argv: string[]): Promise<BenchOutcome> {
    const dir = join(directory, 'db')
    const counts = ['--query-count', '9', '--early-queries', '4']
    const peers = argv.includes('--peers') ? [] : ['--peers', 'none']
    const args = [...argv, ...counts, ...peers, '--dir', dir, '--repeat', '2']
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
    expect(notes).toContain("queries: 9 more vectors of the generator 'clustered'")
  })

  it('searches at every recall right after the load, and once lists are built', async () => {
    const { figures } = await bench('--rows', '3000', '--dim', '128', '--generator', 'uniform')
    for (const label of TARGETS) {
      for (const name of [`search.3000.${label}`, `search.3000.${label}.tail`]) {
        expect(figures.get(`${name}.recall`)?.value, name).toBeGreaterThanOrEqual(
          Number(label) - 0.1,
        )
        expect(figures.get(`${name}.recall`)?.unit).toBe('share')
        for (const measure of ['qps', 'p50', 'p99']) {
          expect(figures.get(`${name}.${measure}`)?.value, name).toBeGreaterThan(0)
          expect(figures.get(`${name}.${measure}`)?.samples).toHaveLength(2)
        }
      }
    }
    expect(figures.get('search.3000.memoryBytesPerRow')?.value).toBeGreaterThan(0)
    expect(figures.get('search.3000.tail.memoryBytesPerRow')?.value).toBeGreaterThan(0)
    expect(figures.get('search.3000.ingestRowsPerSecond')?.unit).toBe('rows/s')
  })

  it('makes tables of it', async () => {
    const lines: string[] = []
    const options = ['--rows', '200', '--dim', '8', '--query-count', '2', '--peers', 'none']
    const dir = [
      '--dir',
      join(directory, 'db'),
      '--repeat',
      '1',
      '--early-queries',
      '0',
      '--k',
      '3',
    ]
    const values = parseOptions(searchCommand.options, [...options, ...dir])
    const { figures } = await searchCommand.run(values, (line) => lines.push(line))
    expect(figures.get('search.200.0.99.tail.qps')).toBeUndefined()
    const table = (lines.at(-1) ?? '').split('\n').map((line) => line.split(/ {2,}/)[0])
    expect(table).toEqual(['recall asked for', ...TARGETS, 'exact'])
  })

  const graphs = { usearch, hnswlib }
  it.each(['usearch', 'hnswlib'] as const)('measures %s beside', async (name) => {
    const args = ['--rows', '1500', '--dim', '24', '--dtype', 'float16', '--peers', name]
    const { figures, notes } = await bench(...args)
    if (typeof graphs[name] === 'string') {
      expect(notes).toContain(`no ${name}: ${graphs[name]}`)
      return
    }
    expect(figures.get(`peer.${name}.1500.buildRowsPerSecond`)?.value).toBeGreaterThan(0)
    for (const label of TARGETS) {
      const figure = `peer.${name}.1500.${label}`
      expect(figures.get(`${figure}.recall`)?.min, figure).toBeGreaterThanOrEqual(Number(label))
      expect(figures.get(`${figure}.qps`)?.samples).toHaveLength(2)
      expect(figures.get(`${figure}.ef`)?.value).toBeGreaterThanOrEqual(10)
      expect(figures.get(`search.1500.${label}.${name}Ratio`)?.value).toBeGreaterThan(0)
    }
    expect(notes.some((note) => note.startsWith(`${name}: `))).toBe(true)
  })

  it.skipIf(typeof usearch === 'string')('asks usearch the same', async () => {
    const { figures } = await bench('--rows', '500', '--dim', '24', '--peers', 'usearch')
    expect(figures.get('peer.usearch.500.exact.recall')?.min).toBe(1)
    expect(figures.get('peer.usearch.500.exact.qps')?.value).toBeGreaterThan(0)
    expect(figures.get('search.500.exact.usearchRatio')?.value).toBeGreaterThan(0)
  })

  it.each(['bit', 'float16', 'int64'])('searches %s without usearch', async (dtype) => {
    const args = ['--rows', '300', '--dim', '64', '--dtype', dtype, '--peers', 'usearch']
    const { figures, notes } = await bench(...args)
    expect(figures.get('search.300.exact.recall')?.min).toBe(1)
    expect(figures.get('peer.usearch.300.exact.qps')).toBeUndefined()
    expect(notes).toContain(`usearch takes no ${dtype} for exact searches`)
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
    expect(notes).toContain(`queries: 3 of the first vectors of ${queries}`)
    const whole = await bench(...args, '--queries', queries)
    expect(whole.figures.get('search.400.exact.recall')?.min).toBe(1)
    const truth = join(directory, 'truth.u32')
    // A query is a row here: its nearest is itself.
    await writeFile(truth, new Uint32Array([7, 8, 9, 10, 11]))
    const judged = await bench(...args, '--queries', queries, '--truth', truth, '--k', '1')
    expect(judged.figures.get('search.400.0.999.recall')?.min).toBe(1)
    await writeFile(truth, new Uint32Array([7, 8, 9, 11, 10]))
    const wrong = bench(...args, '--queries', queries, '--truth', truth, '--k', '1')
    await expect(wrong).rejects.toThrow('--truth is of other rows or queries: query 0 has nearer')
    const like = ['--generator', 'real-like', '--rows', '600']
    const more = await bench('--data', data, '--dim', '16', ...like)
    expect(more.figures.get('search.600.exact.recall')?.min).toBe(1)
    expect(more.notes).toContain("queries: 9 more vectors of the generator 'real-like'")
    const asked = await bench('--data', data, '--dim', '16', ...like, '--queries', queries)
    expect(asked.notes).toContain(`queries: 3 of the first vectors of ${queries}`)
  })

  it('takes the last vectors of the rows for queries, and does not load them', async () => {
    const generator = new RowGenerator({ dtype: 'float32', dimension: 16, seed: 5 })
    const rows = new Uint8Array(40 * generator.stride)
    generator.fill(rows)
    const data = join(directory, 'few.f32')
    await writeFile(data, rows)
    const args = ['--data', data, '--dim', '16']
    const { figures, notes } = await bench(...args)
    expect(figures.get('search.27.exact.recall')?.min).toBe(1)
    expect(notes).toContain(
      `queries: 9 of the last vectors of ${data}, which are not among the rows`,
    )
    const some = await bench(...args, '--rows', '7')
    expect(some.figures.get('search.7.exact.recall')?.min).toBe(1)
    await writeFile(data, rows.subarray(0, 13 * generator.stride))
    await expect(bench(...args)).rejects.toThrow(
      'its last 13 (--query-count and --early-queries) are the queries',
    )
  })

  it.each([
    [['--dtype', 'float8'], '--dtype takes one of'],
    [['--data', 'rows.npy'], 'neither .f32 nor .f16'],
    [['--query-count', '0'], '--query-count takes an integer'],
    [['--early-queries', 'few'], '--early-queries takes an integer'],
    [['--rows', 'all'], '--rows takes an integer'],
    [['--k', '0'], '--k takes an integer'],
    [['--peers', 'usearch,faiss'], "--peers takes some of usearch, hnswlib, or none; got 'faiss'"],
    [['--generator', 'real'], '--generator takes one of clustered, hard'],
    [['--generator', 'real-like'], '--generator real-like needs --data'],
    [['--generator', 'uniform', '--data', 'rows.f32'], '--generator uniform takes no --data'],
    [
      ['--generator', 'real-like', '--data', 'rows.f32', '--dtype', 'int8'],
      '--dtype takes one of float32, float16',
    ],
    [['--queries', 'queries.f32'], '--queries needs --data'],
    [['--data', 'rows.f32', '--truth', 'truth.u32'], '--truth needs --data and --queries'],
  ])('refuses %j', async (argv, message) => {
    const values = parseOptions(searchCommand.options, argv)
    await expect(searchCommand.run(values, () => {})).rejects.toThrow(UsageError)
    await expect(searchCommand.run(values, () => {})).rejects.toThrow(message)
  })
})
