import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const CORE = new URL('../../../dist/index.js', import.meta.url).href

const PROGRAM = `
  import { open } from '${CORE}'
  const vectors = new Float32Array(20_000 * 64).map(() => Math.random())
  for (let round = 0; round < 10; round++) {
    const database = await open({ ingestWorkers: 1 })
    const collection = await database.collection('rows', { dimension: 64, dtype: 'float32' })
    await collection.ingest([{ vectors }])
    await database.close()
  }
  process.stdout.write('closed')`

describe('a thread that encodes', () => {
  // What it had encoded came in while it was ended: nothing kept the process until it had.
  it('keeps the process alive until it has ended', () => {
    const args = ['--input-type=module', '--eval', PROGRAM]
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'closed' })
  })
})
