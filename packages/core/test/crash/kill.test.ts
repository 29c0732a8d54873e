/**
 * A writer is killed again and again (SIGKILL), at random moments and at chosen ones: while it
 * opens, recovers, writes and closes. Whatever is found then must be the state after some prefix of
 * what was submitted, and a prefix that holds everything acknowledged at `os` or `disk`.
 */

import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal, type OpenOptions, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { type ChildEnd, runChild } from './child-process.js'
import { type Death, planDeath } from './death.js'
import { type OperationByKey, prefixOf } from './expected-rows.js'
import { type PlannedOperation, planOperations, SeededRandom } from './plan.js'
import { type FoundState, readDatabase, readState } from './read-state.js'
import { batchOf, type CrashIdKind } from './rows.mjs'

/** Longer by hand: `SLUICE_KILL_ROUNDS=200 npx vitest run kill`. */
const ROUNDS = Number(process.env['SLUICE_KILL_ROUNDS'] ?? 4)
/** The same operations again: `SLUICE_KILL_SEED=<printed> …`; moments are never quite the same. */
const SEED = Number(process.env['SLUICE_KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const OPERATIONS_PER_ROUND = 30
/** All rows stay in memory and in the log, so that a directory is given up after a while. */
const ROUNDS_PER_DIRECTORY = 8
const TIMEOUT_MS_PER_ROUND = 30_000

/** One directory and its table of what must be there. */
class KillLoop {
  readonly #wal: 'file' | 'lmdb'
  readonly #idKind: CrashIdKind
  readonly #random: SeededRandom
  #directory = ''
  #base: OperationByKey = new Map()
  #nextNumber = 0

  constructor(wal: 'file' | 'lmdb', idKind: CrashIdKind, seed: number) {
    this.#wal = wal
    this.#idKind = idKind
    this.#random = new SeededRandom(seed)
  }

  async run(round: number): Promise<void> {
    if (round % ROUNDS_PER_DIRECTORY === 0) await this.#startOver()
    const operations = planOperations(this.#random, this.#nextNumber, OPERATIONS_PER_ROUND)
    const death = planDeath(this.#random, this.#nextNumber, OPERATIONS_PER_ROUND)
    const end = await this.#write(operations, death)
    const setting = `seed ${SEED}, ${this.#wal}, ${this.#idKind} ids, round ${round}`
    const story = `${setting}, ${JSON.stringify(death)}`
    expect(end.signal === 'SIGKILL' || end.code === 0, `${story}: ${end.stderr}`).toBe(true)
    const least = leastPrefix(end.lines, operations)
    const state = await this.#readTwice(story)
    const count = prefixOf(state.rows, this.#base, operations, least)
    expect(count, `${story}: the state after no prefix of at least ${least}`).toBeDefined()
    this.#base = state.rows
    this.#nextNumber += OPERATIONS_PER_ROUND
  }

  async #startOver(): Promise<void> {
    if (this.#directory !== '') await rm(this.#directory, { recursive: true })
    this.#directory = await temporaryDirectory()
    this.#base = new Map()
  }

  #write(operations: readonly PlannedOperation[], death: Death): Promise<ChildEnd> {
    const { line: lastLine, delayMs = 0, failpoint } = death
    return runChild({
      script: 'kill-child.mjs',
      work: {
        directory: this.#directory,
        wal: this.#wal,
        idKind: this.#idKind,
        operations,
        failpoint,
      },
      onLine: (line, child) => {
        if (line !== lastLine) return
        if (delayMs === 0) child.kill('SIGKILL')
        else setTimeout(() => child.kill('SIGKILL'), delayMs)
      },
    })
  }

  /** Without writing, then with repairs, then after a clean close: always the same. */
  async #readTwice(story: string): Promise<FoundState> {
    const options = { path: this.#directory, wal: this.#wal === 'lmdb' ? lmdbWal() : fileWal() }
    const read = (more: OpenOptions = {}): Promise<FoundState> =>
      readDatabase({ ...options, ...more }, this.#idKind)
    const exists = existsSync(join(this.#directory, 'sluice.json'))
    const untouched = exists ? await read({ readOnly: true }) : undefined
    const first = await read()
    if (untouched) expect(untouched, `${story}: reading only`).toEqual(first)
    expect(await read(), `${story}: opened again`).toEqual(first)
    return first
  }
}

/** Operations that must have survived: what a killed process handed to the system is kept by it. */
function leastPrefix(lines: readonly string[], operations: readonly PlannedOperation[]): number {
  if (lines.includes('closed')) return operations.length
  const acknowledged = operations.findLastIndex(
    ({ number, durability }) => durability !== 'memory' && lines.includes(`acknowledge ${number}`),
  )
  return acknowledged + 1
}

it('records in the log whose rows never reached the disk are cut off', async () => {
  const directory = await temporaryDirectory()
  const upsert: PlannedOperation = {
    number: 0,
    kind: 'upsert',
    durability: 'disk',
    inFlightMax: 1,
    firstKey: 0,
    keyCount: 3,
    keyStep: 1,
  }
  const operations: readonly PlannedOperation[] = [
    upsert,
    { ...upsert, number: 1, durability: 'memory', firstKey: 2 },
    { ...upsert, number: 2, durability: 'memory', kind: 'delete', keyCount: 1 },
  ]
  const failpoint = { point: 'acknowledge', count: 3 }
  const work = { directory, wal: 'file', idKind: 'u64', operations, failpoint, isEager: true }
  const { signal } = await runChild({ script: 'kill-child.mjs', work })
  expect(signal).toBe('SIGKILL')
  const first = { 0: 0, 1: 0, 2: 0 }
  for (const written of [{}, { 3: 9 }]) {
    const untouched = await readDatabase({ path: directory, readOnly: true }, 'u64')
    const database = await open({ path: directory })
    const state = await readState(database, 'u64')
    expect(Object.fromEntries(state.rows)).toEqual({ ...first, ...written })
    expect(untouched).toEqual(state)
    const docs = await database.collection('docs')
    await docs.upsert(batchOf('u64', 9, [3]))
    await database.close()
  }
})

describe.each(['file', 'lmdb'] as const)('killed writers on the %s WAL', (wal) => {
  it.each(['u64', 'string'] as const)(
    'lose nothing acknowledged and leave no hole, with %s ids',
    async (idKind) => {
      process.stdout.write(`kill loop on ${wal}, ${idKind} ids: SLUICE_KILL_SEED=${SEED}\n`)
      const loop = new KillLoop(wal, idKind, SEED)
      for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) await loop.run(round)
    },
    TIMEOUT_MS_PER_ROUND * ROUNDS,
  )
})
