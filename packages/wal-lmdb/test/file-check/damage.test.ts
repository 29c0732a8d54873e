/**
 * Damaged files of all kinds, each opened, read and written to in a process of its own: all must be
 * right, or refused with a typed error; no signal, no hang. SLUICE_LMDB_DAMAGE_CASES asks for more
 * cases; with SLUICE_LMDB_DAMAGE_SEED=0 the first 2,688 are all bits of the meta pages.
 */

import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '../fixture.js'

const [WRITER, PROGRAM] = ['damaged-log.mjs', 'damage.mjs'].map((name) =>
  fileURLToPath(new URL(`../programs/${name}`, import.meta.url)),
)
const { SLUICE_LMDB_DAMAGE_CASES = '210', SLUICE_LMDB_DAMAGE_SEED } = process.env
const CASE_COUNT = Number(SLUICE_LMDB_DAMAGE_CASES)
const CASES_PER_CHILD = 105
/** A child that has not ended by then hangs in its last case. */
const TIMEOUT_MS = 120_000

/** Runs some cases. A child that dies is replaced, and its last case says so. */
async function verdicts(directory: string, seed: number, from: number, to: number) {
  const lines: string[] = []
  for (let next = from; next < to; next = from + lines.length) {
    const args = [PROGRAM!, directory, `${seed}`, `${next}`, `${to}`]
    const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' as const }
    const { error, stdout } = await new Promise<{ error: Error | null; stdout: string }>(
      (resolve) =>
        execFile(process.execPath, args, options, (e, out) => resolve({ error: e, stdout: out })),
    )
    const own = stdout.split('\n').filter((line) => line !== '')
    if (error !== null) own.push(`${own.pop() ?? next} WRONG: ${error.message}`)
    lines.push(...own)
  }
  return lines
}

it('opens damaged files with all records right, or refuses them with a typed error', {
  timeout: 60_000 + CASE_COUNT * 2000,
}, async () => {
  const directory = await temporaryDirectory()
  await promisify(execFile)(process.execPath, [WRITER!, directory])
  const seed = Number(SLUICE_LMDB_DAMAGE_SEED ?? randomInt(1, 2 ** 31))
  const lines: string[] = []
  for (let from = 0; from < CASE_COUNT; from += CASES_PER_CHILD) {
    const to = Math.min(CASE_COUNT, from + CASES_PER_CHILD)
    lines.push(...(await verdicts(directory, seed, from, to)))
  }
  expect({ seed, wrong: lines.filter((line) => line.includes('WRONG')) }).toEqual({
    seed,
    wrong: [],
  })
  expect(lines).toHaveLength(CASE_COUNT)
  // The damage is real, and not all of it matters.
  expect(lines.some((line) => line.endsWith(': SLUICE_CORRUPT'))).toBe(true)
  expect(lines.some((line) => line.endsWith(': right'))).toBe(true)
})
