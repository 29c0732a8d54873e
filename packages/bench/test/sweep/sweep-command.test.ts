import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseOptions } from '../../src/options.js'
import { sweepCommand } from '../../src/sweep/sweep-command.js'
import { UsageError } from '../../src/usage-error.js'

describe('bench sweep', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-sweep-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('tries batch sizes through ingest and adds in flight, and names the knees', async () => {
    const dir = join(directory, 'db')
    const axes = ['--batches', '50,200,800', '--in-flight', '1,4', '--rows', '1000', '--dim', '16']
    const args = [...axes, '--queries', '5', '--repeat', '2', '--wal', 'file', '--dir', dir]
    const said: string[] = []
    const values = parseOptions(sweepCommand.options, args)
    const { figures, notes, tables } = await sweepCommand.run(values, (line) => said.push(line))
    expect(await readdir(dir), 'files left behind').toEqual([])
    const names = [
      '50',
      '200',
      '800',
      'add.50.1',
      'add.200.1',
      'add.800.1',
      'add.50.4',
      'add.200.4',
    ]
    for (const name of names) {
      const figure = figures.get(`sweep.${name}.throughput`)
      expect(figure, name).toMatchObject({
        unit: 'MB/s',
        samples: [expect.any(Number), expect.any(Number)],
      })
      expect(figure?.min, name).toBeGreaterThan(0)
    }
    expect(figures.get('sweep.add.800.4.throughput')).toBeUndefined()
    const medians = ['50', '200', '800'].map(
      (size) => figures.get(`sweep.${size}.throughput`)?.value ?? 0,
    )
    const flatness = Math.min(...medians) / Math.max(...medians)
    expect(figures.get('sweep.slowestToFastest')?.value).toBeCloseTo(flatness)
    expect(figures.get('sweep.recall')?.samples).toHaveLength(2 * names.length)
    expect(figures.get('sweep.recall')?.min).toBeGreaterThanOrEqual(0.9)
    expect(figures.get('sweep.errors')?.max).toBe(0)
    expect(figures.get('disk.throughput')?.samples).toHaveLength(3)
    expect(notes.filter((note) => note.startsWith('knee of '))).toHaveLength(2)
    expect(tables?.[0]?.split('\n')).toHaveLength(4)
    expect(said.filter((line) => line.includes(' of 16: '))).toHaveLength(16)
  })

  it.each([
    [['--batches', '256,many'], "--batches takes an integer from 1 to 1048576, got 'many'"],
    [['--batches', '0'], '--batches takes an integer'],
    [['--in-flight', '1,,4'], '--in-flight takes an integer'],
    [['--rows', '1000'], '--rows takes at least 65536, the largest batch'],
    [['--metadata', 'large'], '--metadata takes one of none, small'],
    [['--queries', '0'], '--queries takes an integer'],
  ])('refuses %j', async (argv, message) => {
    const values = parseOptions(sweepCommand.options, argv)
    await expect(sweepCommand.run(values, () => {})).rejects.toThrow(UsageError)
    await expect(sweepCommand.run(values, () => {})).rejects.toThrow(message)
  })
})
