import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OptionValues } from '../src/options.js'
import { checkOutputFile } from '../src/output-file.js'
import { UsageError } from '../src/usage-error.js'

describe('checkOutputFile', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const check = (file: string): Promise<void> =>
    checkOutputFile(new OptionValues({ json: file }), 'json')

  it('takes a file that is there, or could be, and touches neither', async () => {
    await writeFile(join(directory, 'old'), 'text')
    await check(join(directory, 'old'))
    await check(join(directory, 'new'))
    await checkOutputFile(new OptionValues({}), 'json')
    expect(await readdir(directory)).toEqual(['old'])
    expect(await readFile(join(directory, 'old'), 'utf8')).toBe('text')
  })

  it('refuses what cannot be written, and says why', async () => {
    await writeFile(join(directory, 'file'), '')
    for (const [file, reason] of [
      [join(directory, 'no', 'such'), 'ENOENT'],
      [join(directory, 'file', 'below'), 'ENOTDIR'],
      [directory, 'it is a folder'],
      ['', 'it has no name'],
    ] as const) {
      await expect(check(file)).rejects.toThrow(UsageError)
      await expect(check(file)).rejects.toThrow(`--json takes a file that can be written, got '`)
      await expect(check(file)).rejects.toThrow(reason)
    }
  })

  it.skipIf(process.getuid?.() === 0)('refuses what may not be written', async () => {
    await writeFile(join(directory, 'file'), '')
    await chmod(join(directory, 'file'), 0o400)
    await expect(check(join(directory, 'file'))).rejects.toThrow('EACCES')
  })
})
