import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Examiner } from '../../src/database/answers.js'
import type { OpenReply, OpenWork, WriteReply, WriteWork } from '../../src/open/open-work.js'
import { runProgram } from '../../src/program/run-program.js'
import { Workload } from '../../src/vectors/workload.js'

const SHAPE = {
  dtype: 'float64',
  dimension: 4,
  rowCount: 20,
  batchRows: 20,
  ids: 'u64',
  seed: 1,
} as const

describe('the program that opens a database', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  // Where the bytes of queries lie in a message depends on the length of what comes before.
  it('asks the same whatever the length of the path', async () => {
    const path = join(directory, 'database')
    const storage = { directory, wal: 'file', durability: 'os' } as const
    const given = { storage, directory: path, shape: SHAPE, queryCount: 2, checkpoint: {} }
    await runProgram<WriteReply>('open/write-program.js', {
      ...given,
      end: 'close',
    } satisfies WriteWork)
    const examiner = new Examiner(new Workload(SHAPE, 2))
    for (let more = 0; more < 2; more++) {
      const work = { storage, directory: path + '/'.repeat(more), questions: examiner.questions }
      const reply = await runProgram<OpenReply>('open/open-program.js', work satisfies OpenWork)
      expect(examiner.judge(reply.answers), `${more} more`).toBe(1)
    }
  })
})
