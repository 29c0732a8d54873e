import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failureText } from '../../src/failure-text.js'
import type { WriteReply, WriteWork } from '../../src/open/open-work.js'
import { runProgram } from '../../src/program/run-program.js'

describe('runProgram', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const work = (path: string, end: WriteWork['end']): WriteWork => ({
    storage: { directory, wal: 'file', durability: 'disk' },
    directory: path,
    shape: { dtype: 'int8', dimension: 4, rowCount: 9, batchRows: 4, ids: 'u64', seed: 1 },
    queryCount: 1,
    checkpoint: {},
    end,
  })

  it('gives back the reply of a program that ended', async () => {
    const path = join(directory, 'database')
    const reply = await runProgram<WriteReply>('open/write-program.js', work(path, 'close'))
    expect(reply).toEqual({ checkpoints: 1, troubles: [] })
    expect(await readdir(path)).toContain('collections')
  })

  it('gives back the reply of a program that was killed after it', async () => {
    const path = join(directory, 'database')
    const reply = await runProgram<WriteReply>('open/write-program.js', work(path, 'kill'))
    expect(reply).toEqual({ checkpoints: 0, troubles: [] })
  })

  it('tells what went wrong in the program', async () => {
    const run = runProgram('open/write-program.js', work('/dev/null', 'close'))
    await expect(run).rejects.toThrow(/open\/write-program\.js failed: .*\/dev\/null/)
    const text = await run.then(() => '', failureText)
    expect(text).toContain('/dev/null')
    expect(text, 'no stack of either process').not.toContain('    at ')
  })
})
