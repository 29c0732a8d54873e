import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BenchOutcome } from '../../src/command.js'
import { parseOptions } from '../../src/options.js'
import { loadHnswlib } from '../../src/peer/hnswlib.js'
import { loadUsearch } from '../../src/peer/usearch.js'
import { peersCommand } from '../../src/search/peers-command.js'
import { UsageError } from '../../src/usage-error.js'

const LOADED = {
  usearch: typeof (await loadUsearch()) !== 'string',
  hnswlib: typeof (await loadHnswlib()) !== 'string',
}
const SMALL = ['--dim', '8', '--query-count', '5', '--repeat', '1']

describe('bench peers', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-peers-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  async function bench(...argv: string[]): Promise<BenchOutcome> {
    const dir = join(directory, 'db')
    const values = parseOptions(peersCommand.options, [...argv, ...SMALL, '--dir', dir])
    const outcome = await peersCommand.run(values, () => {})
    expect(await readdir(dir), 'files left behind').toEqual([])
    return outcome
  }

  it.runIf(LOADED.usearch || LOADED.hnswlib)(
    'measures every peer that is there over the rows of Sluice, and says which is not',
    async () => {
      const { figures, notes } = await bench('--rows', '300')
      expect(figures.get('search.300.0.99.qps')?.value).toBeGreaterThan(0)
      expect(figures.get('search.300.0.99.tail.qps')).toBeUndefined()
      expect(notes.filter((note) => note.includes('tail'))).toEqual([])
      for (const [name, isLoaded] of Object.entries(LOADED)) {
        const peer = figures.get(`peer.${name}.300.0.99.recall`)
        expect(peer?.value ?? 0, name).toBeGreaterThanOrEqual(isLoaded ? 0.99 : 0)
        const ratio = figures.get(`search.300.0.99.${name}Ratio`)
        expect(ratio !== undefined, name).toBe(isLoaded)
        const said = notes.some((note) => note.startsWith(isLoaded ? `${name}: ` : `no ${name}: `))
        expect(said, name).toBe(true)
      }
    },
  )

  it.runIf(LOADED.hnswlib)('takes rows of a file', async () => {
    const file = join(directory, 'rows.f32')
    await writeFile(
      file,
      Float32Array.from({ length: 8 * 205 }, (_, i) => Math.sin(i * i)),
    )
    const { figures } = await bench('--data', file, '--peers', 'hnswlib')
    expect(figures.get('peer.hnswlib.200.0.99.qps')?.value).toBeGreaterThan(0)
    expect(figures.get('peer.usearch.200.0.99.qps')).toBeUndefined()
  })

  it.each([
    [['--peers', 'none'], '--peers takes one at least'],
    [['--peers', 'faiss'], '--peers takes some of usearch, hnswlib'],
    [['--rows', '200001'], '--rows takes an integer from 1 to 200000'],
    [['--dtype', 'int8'], '--dtype takes one of float32, float16'],
  ])('refuses %j', async (argv, message) => {
    await expect(bench(...argv)).rejects.toThrow(UsageError)
    await expect(bench(...argv)).rejects.toThrow(message)
  })
})
