import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BenchReport } from '../src/report.js'
import { runCli } from '../src/run-cli.js'

/** Options that keep a real run short. */
const TINY = ['--repeat', '1', '--dim', '16']

describe('sluice-bench', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  async function cli(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    let out = ''
    let err = ''
    const status = await runCli(argv, {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
    })
    return { status, out, err }
  }

  async function bench(...argv: string[]): Promise<{ report: BenchReport; out: string }> {
    const dir = join(directory, 'db')
    const json = join(directory, 'out.json')
    const { status, out, err } = await cli(...argv, '--dir', dir, '--json', json)
    expect({ status, err: status === 0 ? '' : err }).toEqual({ status: 0, err: '' })
    expect(await readdir(dir), 'files left behind').toEqual([])
    return { report: JSON.parse(await readFile(json, 'utf8')) as BenchReport, out }
  }

  it.each(['lmdb', 'file', 'memory'])('loads through the %s log and finds it all', async (wal) => {
    const args = ['--rows', '3000', '--batch', '700', '--queries', '20', '--wal', wal, '--reserve']
    const { report, out } = await bench('ingest', ...args, ...TINY)
    expect(Object.keys(report)).toEqual([
      'bench',
      'args',
      'commit',
      'environment',
      'kernels',
      'notes',
      'figures',
      'series',
    ])
    expect(report.args).toMatchObject({ rows: '3000', wal, durability: 'disk', reserve: true })
    const { environment, kernels, notes, figures } = report
    expect(Object.keys(kernels)).toEqual(['name', 'isa', 'reason'])
    expect(environment.isa).toBe(kernels.isa)
    expect(out).toContain(`kernels: ${kernels.name}; isa: ${kernels.isa} (${kernels.reason})\n`)
    expect(notes.length).toBeGreaterThan(0)
    for (const note of notes) expect(out).toContain(`${note}\n`)
    expect(Object.keys(environment)).toEqual([
      'cpu',
      'isa',
      'cores',
      'memoryBytes',
      'node',
      'kernel',
      'filesystem',
    ])
    for (const [name, unit] of [
      ['ingest.throughput', 'MB/s'],
      ['ingest.rowsPerSecond', 'rows/s'],
      ['ingest.cpuCores', 'cores'],
      ['ingest.eventLoopDelayP99', 'ms'],
      ['ingest.rssMax', 'bytes'],
      ['ingest.heapBytesPerRow', 'bytes'],
      ['ingest.fsyncsPerRow', 'syncs'],
      ['ingest.reservedThroughput', 'MB/s'],
    ] as const) {
      expect(figures[name], name).toMatchObject({ unit, value: expect.any(Number) })
      expect(out).toContain(name)
    }
    expect(figures['ingest.recall']).toMatchObject({ value: 1, min: 1 })
    expect(figures['ingest.errors']?.max).toBe(0)
    // In memory nothing is synced: no disk is a limit.
    const isOnDisk = wal !== 'memory'
    expect(figures['disk.throughput']?.samples.length).toBe(isOnDisk ? 3 : undefined)
    for (const name of ['ingest.limitRatio', 'ingest.reservedLimitRatio']) {
      expect(figures[name]?.unit, name).toBe(isOnDisk ? 'ratio' : undefined)
    }
  })

  it('loads until all rows are in lists, and says how long each stage took', async () => {
    const args = ['--rows', '9000', '--dim', '32', '--queries', '10', '--wal', 'memory']
    const { report } = await bench('ingest', ...args, '--optimize', '--repeat', '2')
    const { figures } = report
    const build = figures['ingest.build']?.samples[0] ?? 0
    // What ends within milliseconds is not told of.
    const stages = Object.keys(figures).filter((name) => name.startsWith('ingest.build.'))
    expect(stages).toContain('ingest.build.calibrate')
    for (const name of stages) expect(figures[name]).toMatchObject({ unit: 's' })
    const names = Object.keys(figures)
    const at = names.indexOf('ingest.build')
    expect(names.slice(at, at + 1 + stages.length)).toEqual(['ingest.build', ...stages])
    for (const repetition of [0, 1]) {
      const taken = stages.map((name) => figures[name]?.samples[repetition] ?? Number.NaN)
      const whole = figures['ingest.build']?.samples[repetition] ?? 0
      expect(taken.reduce((sum, seconds) => sum + seconds, 0)).toBeCloseTo(whole)
    }
    const clustered = figures['ingest.clusteredRowsPerSecond']
    expect(clustered).toMatchObject({ unit: 'rows/s' })
    expect(clustered?.samples).toHaveLength(2)
    expect(clustered?.samples[0]).toBeGreaterThan(0)
    expect(clustered?.samples[0]).toBeLessThan(9000 / build)
    expect(figures['ingest.clusteredRecall']?.min).toBeGreaterThan(0.9)
    expect(figures['ingest.errors']?.max).toBe(0)
  })

  it.each(['u64', 'string'])('loads rows with %s ids', async (ids) => {
    const args = ['--rows', '1000', '--batch', '300', '--queries', '10', '--ids', ids]
    const { report } = await bench('ingest', ...args, ...TINY)
    expect(report.figures['ingest.recall']?.value).toBe(1)
  })

  it.each(['0', '1'])('loads rows that %s threads encode', async (workers) => {
    const args = ['--rows', '1000', '--batch', '300', '--queries', '10', '--workers', workers]
    const { report, out } = await bench('ingest', ...args, ...TINY)
    expect(report.figures['ingest.recall']?.value).toBe(1)
    expect(report.figures['ingest.encodedShare']?.unit).toBe('share')
    expect(out).toContain(`rows are encoded on ${workers === '0' ? 'the event loop' : '1 thread'}`)
  })

  it('loads rows with metadata', async () => {
    const args = ['--rows', '1000', '--batch', '300', '--queries', '10', '--metadata', 'small']
    const { report, out } = await bench('ingest', ...args, ...TINY)
    expect(report.figures['ingest.recall']?.value).toBe(1)
    expect(out).toContain('metadata small')
  })

  it('puts tables before the figures', async () => {
    const args = ['--bytes', '100000', '--dtypes', 'int8', '--dims', '16', '--repeat', '1']
    const { report, out } = await bench('matrix', ...args)
    expect(Object.keys(report)).not.toContain('tables')
    expect(out).toMatch(/\nMB\/s +16\nint8 +\d+(\.\d+)?\n\n/)
    expect(out.indexOf('\nMB/s')).toBeLessThan(out.indexOf('\nfigure'))
  })

  it.each(['bit', 'uint8', 'float16', 'int64', 'complex128'])('loads %s', async (dtype) => {
    const args = ['--rows', '1000', '--queries', '10', '--dtype', dtype, '--wal', 'file']
    const { report } = await bench('ingest', ...args, ...TINY)
    expect(report.figures['ingest.recall']?.value).toBe(1)
  })

  it('adds single rows, and shares syncs among writers', async () => {
    const alone = await bench('add', '--rows', '40', '--writers', '1', '--wal', 'file', ...TINY)
    const { figures } = alone.report
    for (const name of ['rowsPerSecond', 'fsyncsPerRow', 'latencyP50', 'latencyP99']) {
      expect(figures[`add.${name}`]?.value, name).toBeGreaterThan(0)
    }
    expect(figures['add.recordsPerGroup']?.value).toBe(1)
    const many = await bench('add', '--rows', '160', '--writers', '32', '--wal', 'file', ...TINY)
    const syncsPerRow = many.report.figures['add.fsyncsPerRow']?.value ?? 1
    expect(syncsPerRow).toBeLessThan((figures['add.fsyncsPerRow']?.value ?? 0) / 2)
  })

  it('measures the write path alone', async () => {
    const { report } = await bench('write-path', '--bytes', '1000000', '--wal', 'file', ...TINY)
    expect(report.environment.isa).toBe('none')
    expect(report.figures['writePath.throughput']?.value).toBeGreaterThan(0)
    expect(report.figures['writePath.limitRatio']?.value).toBeGreaterThan(0)
    expect(report.figures['disk.throughput']?.samples).toHaveLength(2)
  })

  it.each(['lmdb', 'file'])(
    'opens databases with the %s log, however they were left',
    async (wal) => {
      const args = ['--rows', '3000', '--batch', '700', '--wal', wal, '--repeat', '1']
      const { report, out } = await bench('open', ...args)
      const { figures } = report
      for (const prefix of ['open', 'open.killed', 'open.replay']) {
        for (const name of ['firstQuery', 'limitRatio', 'rssMax']) {
          expect(figures[`${prefix}.${name}`]?.value, `${prefix}.${name}`).toBeGreaterThan(0)
        }
        expect(figures[`${prefix}.eventLoopDelayP99`]?.samples).toHaveLength(1)
        expect(figures[`${prefix}.recall`]?.value).toBe(1)
        expect(figures[`${prefix}.errors`]?.value).toBe(0)
      }
      expect(figures['open.checkpoints']?.value).toBe(1)
      expect(figures['open.replayedRecords']?.value).toBe(0)
      for (const prefix of ['open.killed', 'open.replay']) {
        expect(figures[`${prefix}.checkpoints`]?.value, prefix).toBe(0)
        expect(figures[`${prefix}.replayedRecords`]?.value, prefix).toBeGreaterThan(0)
      }
      expect(figures['open.rowsPerSecond']?.value).toBeGreaterThan(0)
      expect(figures['disk.readThroughput']?.samples).toHaveLength(6)
      expect(out).toContain('open.killed.firstQuery')
    },
  )

  it.each([
    ['lmdb', 'u64', '0.5'],
    ['file', 'string', '0.5'],
    ['file', 'assigned', '0'],
  ])('churns through the %s log, ids %s, %s of them again', async (wal, ids, upsert) => {
    const args = ['--rows', '20000', '--batches', '50', '--log-bytes-max', '100', '--dim', '16']
    const { report } = await bench('churn', ...args, '--wal', wal, '--ids', ids, '--upsert', upsert)
    const { figures, series } = report
    expect(figures['churn.checkpoints']?.value).toBeGreaterThan(0)
    expect(figures['churn.checkpointMs']?.value).toBeGreaterThan(0)
    expect(figures['churn.diskRatio']?.value).toBeGreaterThan(1)
    for (const name of ['throughput', 'logBytesMax', 'addsPerSecond', 'liveBytes']) {
      expect(figures[`churn.${name}`]?.value, name).toBeGreaterThan(0)
    }
    expect(figures['churn.addLatencyP99DuringCheckpoint']?.value).toBeGreaterThan(0)
    expect(figures['churn.recall']?.value).toBe(1)
    expect(figures['churn.errors']?.value).toBe(0)
    expect(series?.['logBytes']?.length).toBe(series?.['sampleMs']?.length)
  })

  it('writes a page beside the report, and pages of reports', async () => {
    const page = join(directory, 'page.html')
    const other = join(directory, 'other.html')
    const json = join(directory, 'out.json')
    await bench('ingest', '--rows', '500', '--queries', '2', '--html', page, ...TINY)
    const { status, out, err } = await cli('report', json, json, '--html', other)
    expect({ status, out, err }).toEqual({ status: 0, out: '', err: '' })
    const [one, two] = [await readFile(page, 'utf8'), await readFile(other, 'utf8')]
    expect(one).toMatch(/^<!doctype html>/)
    expect(one).toContain('ingest.rowsPerSecond')
    expect(one.match(/<section/g)).toHaveLength(1)
    expect(two.match(/<section/g)).toHaveLength(2)
  })

  it('says which version it is', async () => {
    const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(manifest) as { version: string }
    expect(await cli('--version')).toEqual({ status: 0, out: `${version}\n`, err: '' })
  })

  it('shows help without running anything', async () => {
    const overview = await cli('--help')
    expect(overview.status).toBe(0)
    for (const name of [
      'ingest',
      'matrix',
      'sweep',
      'add',
      'write-path',
      'open',
      'churn',
      'kernels',
      'search',
      'peers',
      'soak',
    ]) {
      expect(overview.out).toContain(name)
      const { status, out } = await cli(name, '--help')
      expect(status).toBe(0)
      expect(out).toContain('--json <file>')
      expect(out).toContain('--html <file>')
    }
    expect(overview.out).toContain('  report ')
    expect(overview.out.match(/npx -y pnpm@12 bench/g)).toHaveLength(1)
    expect((await cli('report', '--help')).out).toContain('--html <file>')
  })

  it('tells of a failed run with status 1', async () => {
    const { status, err } = await cli('ingest', '--rows', '10', '--dir', '/dev/null', ...TINY)
    expect(status).toBe(1)
    expect(err).toMatch(/^ingest failed: .*\/dev\/null/m)
    expect(err).not.toContain('    at ')
  })
})
