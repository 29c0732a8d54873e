/** Whether the directory of a killed writer of long rows is right, and whether it can go on. */

import { existsSync } from 'node:fs'
import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type OpenOptions, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { flipBit, listingOf } from './image.js'
import {
  afterWriteTo,
  LONG_ID_KINDS,
  type LongRows,
  type LongState,
  prefixesOf,
} from './long-model.js'
import type { LongStep } from './long-plan.js'
import { LONG_SCHEMA, type LongIdKind, type LongWrite, submitLong } from './long-rows.mjs'
import { type FoundRows, hasRowsOf, readLong, readLongDatabase } from './read-long.js'

/** What was tried, and what the writer told of it. */
export interface Attempt {
  readonly base: LongState
  readonly steps: readonly LongStep[]
  readonly lines: readonly string[]
}

/** Verifies one directory. */
export class LongVerifier {
  readonly #options: OpenOptions
  readonly #directory: string
  readonly #story: string

  /** @param story - what to say when something is wrong */
  constructor(options: OpenOptions & { readonly path: string }, story: string) {
    const onWarning = ({ message }: { message: string }): void => {
      // A process that is killed damages nothing.
      expect(/damaged|cannot be used|failed/.test(message), `${story}: ${message}`).toBe(false)
    }
    this.#options = { ...options, checkpoint: false, onWarning }
    this.#directory = options.path
    this.#story = story
  }

  /** Reads without writing a byte, then with repairs: the same. */
  async read(): Promise<FoundRows> {
    if (!existsSync(join(this.#directory, 'sluice.json'))) return readLongDatabase(this.#options)
    const before = await listingOf(this.#directory)
    const untouched = await readLongDatabase({ ...this.#options, readOnly: true })
    expect(await listingOf(this.#directory), `${this.#story}: reading wrote`).toEqual(before)
    const repaired = await readLongDatabase(this.#options)
    expect(repaired, `${this.#story}: reading only`).toEqual(untouched)
    await this.#checkFallback(repaired)
    return repaired
  }

  /** At every moment the newest checkpoint can be done without. */
  async #checkFallback(found: FoundRows): Promise<void> {
    const copy = await temporaryDirectory()
    await cp(this.#directory, copy, { recursive: true })
    const file = await newestCheckpoint(copy)
    if (file !== undefined) {
      await flipBit(file, 200)
      const warnings: string[] = []
      const onWarning = ({ message }: { message: string }): unknown => warnings.push(message)
      const fallen = await readLongDatabase({ ...this.#options, path: copy, onWarning })
      expect(fallen, `${this.#story}: without the newest checkpoint`).toEqual(found)
      expect(warnings.join(), this.#story).toMatch(/the newest checkpoint is damaged/)
    }
    await rm(copy, { recursive: true })
  }

  /** Writes a little, perhaps makes a checkpoint, and reopens; the state then. */
  async goOn(
    found: FoundRows,
    attempt: Attempt,
    more: { readonly number: number; readonly withCheckpoint: boolean },
  ): Promise<LongState> {
    const { number } = more
    const database = await open(this.#options)
    const assigned = await database.collection('assigned', LONG_SCHEMA)
    const first = {
      number,
      kind: 'add',
      idKind: 'assigned',
      durability: 'disk',
      keys: [0],
    } as const
    const { firstId } = (await submitLong(assigned, first)) as { firstId: bigint }
    let state = this.#stateBefore(Number(firstId), found, attempt)
    state = afterWriteTo(state, { ...first, keys: [Number(firstId)] })
    for (const idKind of LONG_ID_KINDS) {
      // Its vector did not say yet which id it would get.
      const keys = idKind === 'assigned' ? [Number(firstId)] : [number % 50, 50 + (number % 50)]
      const write: LongWrite = { number, kind: 'upsert', idKind, durability: 'disk', keys }
      await submitLong(await database.collection(idKind, LONG_SCHEMA), write)
      state = afterWriteTo(state, write)
    }
    if (more.withCheckpoint) await database.checkpoint()
    const written = hasRowsOf(await readLong(database), state)
    expect(written, `${this.#story}: the state after more writes`).toBe(true)
    await database.close()
    await this.#checkReopened(state)
    return state
  }

  async #checkReopened(state: LongState): Promise<void> {
    const database = await open(this.#options)
    const isRight = hasRowsOf(await readLong(database), state)
    expect(isRight, `${this.#story}: the state of a reopened database`).toBe(true)
    const { problems, unknownFiles } = await database.verify({ deep: true })
    expect({ problems, unknownFiles }, this.#story).toEqual({ problems: [], unknownFiles: [] })
    await database.close()
  }

  /** The one state that has these rows, all that was acknowledged, and this next id. */
  #stateBefore(nextId: number, found: FoundRows, attempt: Attempt): LongState {
    const states: Partial<Record<LongIdKind, LongRows>> = {}
    for (const idKind of LONG_ID_KINDS) {
      const writes = writesOf(attempt.steps, idKind)
      const least = leastPrefix(attempt, idKind)
      const prefixes = prefixesOf(found[idKind], attempt.base[idKind], writes, least)
      const where = `${this.#story}: no prefix of at least ${least} writes to ${idKind}`
      expect(prefixes.length, where).toBeGreaterThan(0)
      const isRight = (rows: LongRows): boolean => rows.nextId === nextId
      const state = idKind === 'assigned' ? prefixes.find(isRight) : prefixes[0]
      expect(state, `${where} that ends with next id ${nextId}`).toBeDefined()
      states[idKind] = state!
    }
    return states as LongState
  }
}

/** The file of the newest checkpoint, if the manifest names one. */
async function newestCheckpoint(directory: string): Promise<string | undefined> {
  const path = join(directory, 'checkpoints')
  if (!existsSync(join(path, 'manifest.json'))) return undefined
  const { checkpoints } = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'))
  return join(path, `${String(checkpoints[0].number).padStart(10, '0')}.checkpoint`)
}

function writesOf(steps: readonly LongStep[], idKind: LongIdKind): readonly LongWrite[] {
  return steps.filter((step) => step.kind !== 'checkpoint' && step.idKind === idKind) as LongWrite[]
}

/**
 * Writes that must have survived: what a killed process handed to the system is kept by it, and a
 * checkpoint keeps what was acknowledged before it was asked for, whatever the durability.
 */
function leastPrefix({ steps, lines }: Attempt, idKind: LongIdKind): number {
  const writes = writesOf(steps, idKind)
  if (lines.includes('closed')) return writes.length
  const at = (event: string, { number }: { readonly number: number }): number =>
    lines.indexOf(`${event} ${number}`)
  const checkpoints = steps.filter((step) => {
    return step.kind === 'checkpoint' && at('acknowledge', step) >= 0
  })
  const kept = writes.findLastIndex((write) => {
    const acknowledged = at('acknowledge', write)
    if (acknowledged < 0) return false
    if (write.durability !== 'memory') return true
    return checkpoints.some((checkpoint) => at('submit', checkpoint) > acknowledged)
  })
  return kept + 1
}
