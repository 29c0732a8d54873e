import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BenchReport } from '../../src/report.js'
import { runCli } from '../../src/run-cli.js'
import { CAUSES } from '../../src/soak/causes.js'

/** Rows offered slower than any machine takes them, so that only faults make windows slow. */
const CALM = ['--rate', '8', '--dim', '64', '--batch', '384', '--rows-max', '40000']

/** Attempts that take longer than this have got too little of the machine to tell anything. */
const ATTEMPT_MS_MAX = 30_000

describe('sluice-bench soak', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-soak-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))

  async function soak(...argv: string[]): Promise<{ report: BenchReport; out: string }> {
    // An attempt that took too long may still be at work.
    const attempt = await mkdtemp(join(directory, 'attempt-'))
    const dir = join(attempt, 'not', 'made', 'yet')
    const json = join(attempt, 'soak.json')
    let out = ''
    let err = ''
    const status = await runCli(['soak', ...argv, '--dir', dir, '--json', json], {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
    })
    expect({ status, err: status === 0 ? '' : err }).toEqual({ status: 0, err: '' })
    expect(await readdir(dir), 'files left behind').toEqual([])
    return { report: JSON.parse(await readFile(json, 'utf8')) as BenchReport, out }
  }

  it('goes on for as long as it is told, and keeps as many rows as it is told', async () => {
    const limits = ['--rows-max', '6000', '--log-bytes-max', '100000', '--dim', '32']
    const timing = ['--seconds', '1', '--warm-up', '0.5', '--batch', '200', '--rate', '10']
    const { report, out } = await soak(...limits, ...timing, '--wal', 'file', '--durability', 'os')
    const { figures, series } = report
    const windows = figures['soak.windows']?.value ?? 0
    expect(windows + (figures['soak.disturbedWindows']?.value ?? 0)).toBe(10)
    // A segment of 256 KiB has room for 2,048 rows and less, and goes as a whole.
    expect(figures['soak.rowsKept']?.value).toBeGreaterThanOrEqual(6000)
    expect(figures['soak.rowsKept']?.value).toBeLessThan(6000 + 2048)
    for (const name of ['throughput', 'rssMax', 'cpuCores', 'diskMax']) {
      expect(figures[`soak.${name}`]?.value, name).toBeGreaterThan(0)
    }
    expect(figures['soak.p1ToMedian']).toMatchObject({ unit: 'ratio' })
    expect(figures['disk.p1ToMedian']).toMatchObject({ unit: 'ratio' })
    expect(figures['disk.slowShare']?.value).toBeLessThanOrEqual(1)
    expect(figures['soak.rssGrowth']).toMatchObject({ unit: 'bytes' })
    expect(figures['soak.diskGrowth']).toMatchObject({ unit: 'bytes' })
    expect(figures['soak.gcShare']?.value).toBeLessThanOrEqual(1)
    expect(figures['soak.errors']?.value).toBe(0)
    expect(figures['soak.recall']?.value).toBeGreaterThan(0.9)
    const named = CAUSES.map((cause) => figures[`soak.cause.${cause}`]?.value ?? Number.NaN)
    const slow = figures['soak.slowWindows']?.value
    expect(named.reduce((sum, count) => sum + count, 0)).toBe(slow)
    expect(figures['soak.unattributedWindows']?.value).toBe(named.at(-1))
    for (const [name, values] of Object.entries(series ?? {})) {
      expect(values, name).toHaveLength(10)
    }
    for (const line of report.details ?? []) expect(out).toContain(`${line}\n`)
  })

  // Where others have the cores, windows are slow for that reason as well.
  it.each(['gc', 'sync', 'log', 'index', 'faults'])(
    'names an injected fault: %s',
    { retry: 3, timeout: ATTEMPT_MS_MAX },
    async (fault) => {
      const timing = ['--seconds', '3', '--warm-up', '0.5']
      const { report, out } = await soak('--inject', fault, ...timing, ...CALM)
      const slow = report.figures['soak.injected.slowWindows']?.value ?? 0
      // Two faults of 0.4 s; a window that a fault ends in may make up for what it missed.
      expect(slow, out).toBeGreaterThanOrEqual(4)
      const named = report.figures['soak.injected.named']?.value ?? 0
      expect(named, out).toBeGreaterThan(slow / 2)
      expect(report.figures['soak.recall']?.value).toBeGreaterThan(0.9)
    },
  )

  it.each([
    [['--inject', 'rain'], '--inject takes one of none, gc'],
    [['--seconds', '0'], '--seconds'],
    [['--rows-max', '0'], '--rows-max'],
    [['--rate', '0'], '--rate'],
    [['--rate', '50', '--batch', '16384'], '--batch 813 makes 4 a window'],
  ])('refuses %j', async (argv, message) => {
    let err = ''
    const output = {
      out: () => undefined,
      err: (text: string) => {
        err += text
      },
    }
    expect(await runCli(['soak', ...argv], output)).toBe(2)
    expect(err).toContain(message)
  })
})
