import { appendFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileWal, open, type SluiceWarning } from '../src/index.js'
import { temporaryDirectory } from './support/temporary-directory.js'

describe('open', () => {
  it('hands warnings of the opening itself to `onWarning`', async () => {
    const path = await temporaryDirectory()
    const first = await open({ path, wal: fileWal() })
    const docs = await first.collection('docs', { dimension: 2 })
    await docs.add({ ids: [1], vectors: [[1, 2]] })
    await first.close()
    const logs = (await readdir(join(path, 'wal'))).filter((name) => name.endsWith('.log'))
    await appendFile(join(path, 'wal', String(logs.at(-1))), 'half a record')
    const warnings: SluiceWarning[] = []
    const second = await open({
      path,
      wal: fileWal(),
      onWarning: (warning) => warnings.push(warning),
    })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toMatch(/torn|cut/)
    expect(await (await second.collection('docs')).count()).toBe(1)
    await second.close()
  })

  it('refuses an unknown option by name, and lists those there are', async () => {
    await expect(open({ pth: 'x' } as object)).rejects.toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
      message: expect.stringMatching(/pth.*path, wal/),
    })
  })

  it('gives the lock back when it fails half way', async () => {
    const path = await temporaryDirectory()
    const signal = AbortSignal.abort()
    await expect(open({ path, signal })).rejects.toMatchObject({ code: 'SLUICE_ABORTED' })
    const database = await open({ path })
    await database.close()
  })
})
