/** The example as its readers run it: built, in a process of its own. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const program = fileURLToPath(new URL('dist/swap-wal.js', import.meta.url))

it('gives the same answer on every log', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program])
  expect(stderr).toBe('')
  const rows = stdout.match(/^ {2}(file|lmdb|one-file) .* 24 +coral$/gm) ?? []
  expect(rows).toHaveLength(3)
  for (const line of stdout.split('\n')) expect([...line].length).toBeLessThanOrEqual(80)
})
