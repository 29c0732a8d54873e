/**
 * The fuzzer on an addon built with sanitizers, in short; scripts/sanitize.mjs runs every test so.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../scripts/sanitize.mjs', import.meta.url))
const RUNS = '40'
/** Most of it compiles. */
const TIMEOUT_MS = 600_000

describe('the addon with sanitizers', () => {
  it(
    'takes arguments of every kind without a report, where the compiler can build it',
    ({ skip }) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [SCRIPT, 'packages/simd-native/test/fuzz.test.ts'],
        { encoding: 'utf8', env: { ...process.env, SLUICE_FUZZ_RUNS: RUNS } },
      )
      const said = stdout + stderr
      if (said.includes('has no sanitizers')) skip()
      expect(said).toMatch(/^\d+ passed, 0 failed$/m)
      expect(said).not.toMatch(/AddressSanitizer|runtime error/)
      expect(status).toBe(0)
    },
    TIMEOUT_MS,
  )
})
