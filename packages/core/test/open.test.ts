import { appendFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  fileWal,
  type MemoryHelpers,
  memoryWal,
  open,
  type SluiceWarning,
  scalarKernels,
  type WalFactory,
} from '../src/index.js'
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
    expect(warnings[0]?.code).toBe('SLUICE_WARN_LOG_TORN')
    expect(warnings[0]?.message).toMatch(/torn|cut/)
    expect(JSON.parse(JSON.stringify(warnings[0]))).toMatchObject({ details: { lsn: '3' } })
    expect(await (await second.collection('docs')).count()).toBe(1)
    await second.close()
  })

  it('refuses an unknown option by name, and lists those there are', async () => {
    await expect(open({ pth: 'x' } as object)).rejects.toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
      message: expect.stringMatching(/pth.*path, wal/),
    })
  })

  it('refuses a path that is undefined: a typing mistake must not mean memory', async () => {
    await expect(open({ path: undefined } as object)).rejects.toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
      message: expect.stringContaining('leave it out for a database in memory'),
    })
  })

  it('refuses a log that does not outlive the process, for a directory that does', async () => {
    const path = await temporaryDirectory()
    await expect(open({ path, wal: memoryWal() })).rejects.toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
    })
  })

  it.each([
    [{ durabilities: ['memory', 'os'] }, "durabilities: expected levels with 'disk' among them"],
    [{ durabilities: [] }, 'durabilities: expected levels'],
    [{ durabilities: 'disk' }, 'durabilities: expected levels'],
    [{ inlineBytesMax: -1 }, 'inlineBytesMax: expected 0 or more, got -1'],
    [{ frameBytesMax: 70_000 }, 'frameBytesMax: expected 131072 or more, got 70000'],
    [{ frameBytesMax: Number.NaN }, 'frameBytesMax'],
  ])('refuses a log that is good for %o, and closes it', async (claims, message) => {
    const inner = memoryWal()
    let closed = 0
    const wal: WalFactory = {
      name: 'mine',
      open: async (context) => {
        const log = await inner.open(context)
        const close = async (): Promise<void> => {
          closed++
          await log.close()
        }
        return Object.create(log, {
          capabilities: { value: { ...log.capabilities, ...claims } },
          close: { value: close },
        }) as typeof log
      },
    }
    await expect(open({ wal })).rejects.toMatchObject({
      name: 'InvalidArgumentError',
      code: 'SLUICE_INVALID_ARGUMENT',
      message: expect.stringContaining(`the log "mine": capabilities.${message}`),
    })
    expect(closed).toBe(1)
  })

  it.each([
    ['behind a checkpoint', {}],
    ['without one', false as const],
  ])('reports a lost log %s, and leaves the segments where they are', async (_, checkpoint) => {
    const path = await temporaryDirectory()
    const database = await open({ path, checkpoint })
    const docs = await database.collection('docs', { dimension: 2 })
    await docs.add({ ids: [1], vectors: [[1, 2]] })
    await database.close()
    await rm(join(path, 'wal'), { recursive: true })
    await expect(open({ path })).rejects.toMatchObject({
      code: 'SLUICE_CORRUPT',
      message: expect.stringMatching(/the log .*is lost or cut/),
    })
    expect(await readdir(join(path, 'collections', '000001', 'segments'))).toHaveLength(1)
  })

  it('gives the lock back when it fails half way', async () => {
    const path = await temporaryDirectory()
    const signal = AbortSignal.abort()
    await expect(open({ path, signal })).rejects.toMatchObject({ code: 'SLUICE_ABORTED' })
    const database = await open({ path })
    await database.close()
  })

  it('brings memory in by the kernels where they can', async () => {
    let byteLength = 0
    const memory: MemoryHelpers = {
      adviseHugePages: () => false,
      addressOffset: () => 0,
      collapse: async () => undefined,
      prefault: async (bytes) => {
        byteLength += bytes.byteLength
      },
    }
    const database = await open({ kernels: { ...scalarKernels, memory } })
    const docs = await database.collection('docs', { dimension: 384 })
    await docs.reserve(50_000)
    expect(byteLength).toBeGreaterThanOrEqual(50_000 * 384 * 4)
    await database.close()
  })
})
