/**
 * A writer that makes checkpoints all the time is killed (SIGKILL) at every operation on a file
 * that a checkpoint, the cutting of the log and the re-use of dead segments consist of. What is
 * found then, in each collection, must be the state after some prefix of what was submitted, and
 * one that holds everything acknowledged.
 */

import { rm } from 'node:fs/promises'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { type ChildEnd, runChild } from './child-process.js'
import { type LongDeath, planLongDeath } from './long-death.js'
import { type LongState, NO_LONG_STATE } from './long-model.js'
import { type LongStep, planLongSteps } from './long-plan.js'
import { LongVerifier } from './long-verifier.js'
import { SeededRandom } from './plan.js'

/** Longer by hand: `SLUICE_KILL_ROUNDS=300 npx vitest run checkpoint-kill`. */
const ROUNDS = Number(process.env['SLUICE_KILL_ROUNDS'] ?? 8)
/** The same steps again: `SLUICE_KILL_SEED=<printed> …`; moments are never quite the same. */
const SEED = Number(process.env['SLUICE_KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Assigned ids grow all the time, so that a directory is given up after a while. */
const ROUNDS_PER_DIRECTORY = 12
const TIMEOUT_MS_PER_ROUND = 30_000

/** One directory and its table of what must be there. */
class CheckpointKillLoop {
  readonly #wal: 'file' | 'lmdb'
  readonly #random = new SeededRandom(SEED)
  #directory = ''
  #base: LongState = NO_LONG_STATE
  #nextNumber = 1

  constructor(wal: 'file' | 'lmdb') {
    this.#wal = wal
  }

  async run(round: number): Promise<void> {
    if (round % ROUNDS_PER_DIRECTORY === 0) await this.#startOver()
    const random = this.#random
    const steps = planLongSteps(random, this.#base, this.#nextNumber)
    const death = planLongDeath(random, this.#wal, {
      firstNumber: this.#nextNumber,
      count: steps.length,
    })
    const logBytesMax = random.pick([1, 50_000, 300_000])
    const checkpoint = { logBytesMax, intervalMs: random.pick([1, 60_000]) }
    const what = JSON.stringify({ death, checkpoint })
    const story = `SLUICE_KILL_SEED=${SEED}, ${this.#wal}, round ${round}, ${what}`
    const { signal, code, lines, stderr } = await this.#write(steps, checkpoint, death)
    const isRight = signal === 'SIGKILL' || code === 0
    expect(isRight, `${story}: ${lines.slice(-5).join(', ')}; ${stderr}`).toBe(true)
    const isWarned = lines.filter((line) => line.startsWith('warning'))
    expect(isWarned, story).toEqual([])
    const wal = this.#wal === 'lmdb' ? lmdbWal() : fileWal({ segmentBytesMax: 64 * 1024 })
    const verifier = new LongVerifier({ path: this.#directory, wal }, story)
    const found = await verifier.read()
    const number = this.#nextNumber + steps.length
    const more = { number, withCheckpoint: random.below(3) === 0 }
    this.#base = await verifier.goOn(found, { base: this.#base, steps, lines }, more)
    this.#nextNumber = number + 1
  }

  async #startOver(): Promise<void> {
    if (this.#directory !== '') await rm(this.#directory, { recursive: true })
    this.#directory = await temporaryDirectory()
    this.#base = NO_LONG_STATE
  }

  #write(steps: readonly LongStep[], checkpoint: object, death: LongDeath): Promise<ChildEnd> {
    const { line: lastLine, delayMs = 0, ...inside } = death
    return runChild({
      script: 'long-child.mjs',
      work: { directory: this.#directory, wal: this.#wal, steps, checkpoint, ...inside },
      onLine: (line, child) => {
        if (line === lastLine) setTimeout(() => child.kill('SIGKILL'), delayMs)
      },
    })
  }
}

describe.each(['file', 'lmdb'] as const)('writers killed in checkpoints on the %s WAL', (wal) => {
  it(
    'lose nothing acknowledged, and bring nothing back',
    async () => {
      process.stdout.write(`checkpoint kill loop on ${wal}: SLUICE_KILL_SEED=${SEED}\n`)
      const loop = new CheckpointKillLoop(wal)
      for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) await loop.run(round)
    },
    TIMEOUT_MS_PER_ROUND * ROUNDS,
  )
})
