/**
 * Memory under writers that never stop (P13): the bound holds at every step, refusals are typed
 * and change nothing, memory that is given back is used again, and the process stays about as small
 * as the bound says. For longer: `SLUICE_MEMORY_ROUNDS=200 npx vitest run memory/soak`.
 */

import { describe, expect, it } from 'vitest'
import { runChild } from '../crash/child-process.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { KIB, MIB } from './small-database.js'

const ROUNDS = Number(process.env['SLUICE_MEMORY_ROUNDS'] ?? 3)
const MEMORY_BYTES_MAX = 96 * MIB
/** So that what is garbage does not count for long. */
const SMALL_HEAP = 'export NODE_OPTIONS="--max-old-space-size=64 --max-semi-space-size=1"'
/** What the process has beside: that heap, and memory given back that was not collected yet. */
const OVERHEAD_BYTES = 128 * MIB

interface Seen {
  readonly usedBytesMax: number
  readonly rssBytesBefore: number
  readonly rssBytesMax: number
  readonly refusals: number
  readonly writtenAt: readonly number[]
  readonly wrong: readonly unknown[]
}

describe.each(['in memory', 'on disk'] as const)('writers until refusal, %s', (where) => {
  it(
    'stay within the limit, and go on when a collection was dropped',
    async () => {
      const directory = where === 'on disk' ? await temporaryDirectory() : undefined
      const { code, lines, stderr } = await runChild({
        script: '../memory/soak-child.mjs',
        work: {
          directory,
          memoryBytesMax: MEMORY_BYTES_MAX,
          segmentBytes: 512 * KIB,
          dimension: 256,
          rounds: ROUNDS,
        },
        prelude: SMALL_HEAP,
        hungAfterMs: 40_000 + ROUNDS * 20_000,
      })
      expect(code, stderr).toBe(0)
      const seen = JSON.parse(lines.at(-1) ?? '') as Seen
      expect(seen.wrong).toEqual([])
      expect(seen.refusals).toBe(ROUNDS * 9 * 4)
      expect(seen.usedBytesMax).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
      // Nothing is refused long before memory is full.
      expect(seen.usedBytesMax).toBeGreaterThan(0.85 * MEMORY_BYTES_MAX)
      for (const [round, written] of seen.writtenAt.entries()) {
        expect(written, `rows after round ${round}`).toBeGreaterThan(seen.writtenAt[round - 1] ?? 0)
      }
      const rssBytesMax = seen.rssBytesBefore + MEMORY_BYTES_MAX + OVERHEAD_BYTES
      expect(seen.rssBytesMax).toBeLessThanOrEqual(rssBytesMax)
    },
    60_000 + ROUNDS * 20_000,
  )
})
