/** A database that is to be damaged, and whether what is found then is right. */

import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, type WalFactory } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { damageFile, type FileDamage } from './file-damage.js'
import type { LongState } from './long-model.js'
import { keysFrom, LongScenario } from './long-scenario.js'

/**
 * A directory with two checkpoints, freed and recycled segments, and a tail of log; and another
 * one made in the same way, whose files do not belong here.
 */
export class DamageFixture {
  /** States after each write since the newest checkpoint: a damaged log may lose its end. */
  readonly states: LongState[] = []
  #pristine = ''
  #foreign = ''

  /** Makes both. */
  async make(createWal: () => WalFactory): Promise<void> {
    this.#pristine = await makeDatabase(createWal(), (state) => this.states.push(state))
    this.#foreign = await makeDatabase(createWal(), () => undefined)
  }

  /** What the database holds. */
  get state(): LongState {
    return this.states.at(-1) as LongState
  }

  /** A copy, gone after the test. */
  async copy(): Promise<string> {
    const path = await temporaryDirectory()
    await cp(this.#pristine, path, { recursive: true })
    return path
  }

  /** Damages a copy; the path of the file in it, unless there is none of its type. */
  damage(path: string, damage: FileDamage): Promise<string | undefined> {
    return damageFile(path, this.#foreign, damage)
  }

  /** Removes both. */
  async remove(): Promise<void> {
    for (const path of [this.#pristine, this.#foreign]) await rm(path, { recursive: true })
  }
}

async function makeDatabase(wal: WalFactory, note: (state: LongState) => void): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-'))
  const database = await open({ path, wal, checkpoint: false })
  const scenario = new LongScenario(database)
  await scenario.prepare()
  await database.checkpoint()
  note(scenario.state)
  for (let i = 0; i < 4; i++) {
    await scenario.write('upsert', 'u64', keysFrom(i, i + 6))
    note(scenario.state)
    await scenario.write('delete', 'assigned', [50 + i])
    note(scenario.state)
  }
  await scenario.write('add', 'assigned', keysFrom(80, 120))
  note(scenario.state)
  await database.close()
  await writeFile(join(path, 'LOCK'), 'of a process that ended')
  return path
}
