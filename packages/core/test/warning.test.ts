import { readdir, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { open, type SluiceWarning } from '../src/index.js'
import { crashImage } from './crash/image.js'
import { documentedCodes, tabledCodes } from './support/code-table.js'
import { temporaryDirectory } from './support/temporary-directory.js'

const PACKAGES = new URL('../../', import.meta.url)

/** The codes that are given somewhere. */
async function given(): Promise<Set<string>> {
  const codes: string[] = []
  for (const folder of ['core/src/', 'wal-lmdb/src/']) {
    for (const file of await readdir(new URL(folder, PACKAGES), { recursive: true })) {
      if (!file.endsWith('.ts') || file === 'warning.ts') continue
      const source = await readFile(new URL(folder + file, PACKAGES), 'utf8')
      codes.push(...Array.from(source.matchAll(/'(SLUICE_WARN_\w+)'/g), ([, code = '']) => code))
    }
  }
  return new Set(codes)
}

it('docs/errors.md says of every warning what the source says, and each is given', async () => {
  const meanings = await documentedCodes(new URL('core/src/warning.ts', PACKAGES))
  expect(meanings.length).toBeGreaterThan(10)
  expect(await tabledCodes(/SLUICE_WARN_/)).toEqual(meanings)
  expect([...(await given())].sort()).toEqual(meanings.map(({ code }) => code).sort())
})

it('a segment that lost rows, and the writes that were in it, are told by codes', async () => {
  const path = await temporaryDirectory()
  const segmentBytes = 256 * 1024
  const first = await open({ path })
  const docs = await first.collection('docs', { dimension: 64, segmentBytes })
  const vectors = new Float32Array(64 * 4000).fill(1)
  await docs.add({ vectors }, { durability: 'os' })
  const image = await crashImage(first)
  await first.close()
  const segments = join(image, 'collections', '000001', 'segments')
  const [segment] = await readdir(segments)
  await truncate(join(segments, String(segment)), 8192)
  const warnings: SluiceWarning[] = []
  const second = await open({ path: image, onWarning: (warning) => warnings.push(warning) })
  expect(await (await second.collection('docs')).count()).toBe(0)
  await second.close()
  expect(new Set(warnings.map(({ code }) => code))).toEqual(
    new Set(['SLUICE_WARN_SEGMENT_SHORT', 'SLUICE_WARN_WRITES_LOST']),
  )
})
