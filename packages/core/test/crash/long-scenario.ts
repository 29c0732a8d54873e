/** A database with all that checkpoints have to do with, and what it must hold. */

import type { Database } from '../../src/index.js'
import { afterWriteTo, type LongState, NO_LONG_STATE } from './long-model.js'
import { LONG_SCHEMA, type LongIdKind, type LongWrite, submitLong } from './long-rows.mjs'

/** `from`, `from + 1`, … up to `to - 1`. */
export function keysFrom(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

/** Writes to a database and keeps its expected state. */
export class LongScenario {
  readonly database: Database
  state: LongState
  #number = 0

  constructor(database: Database, state: LongState = NO_LONG_STATE) {
    this.database = database
    this.state = state
  }

  /** Segments that are full, dead, freed and used again, and rows that no checkpoint has. */
  async prepare(): Promise<void> {
    await this.write('add', 'assigned', keysFrom(1, 80))
    await this.write('upsert', 'u64', keysFrom(0, 70))
    await this.database.checkpoint()
    await this.write('upsert', 'u64', keysFrom(0, 70))
    await this.write('delete', 'assigned', keysFrom(1, 40))
    await this.write('upsert', 'string', keysFrom(0, 3))
    await this.database.checkpoint()
    await this.write('upsert', 'u64', keysFrom(0, 90))
    await this.write('upsert', 'assigned', keysFrom(30, 75))
    await this.write('add', 'string', keysFrom(3, 6))
  }

  /** One write, durable at `disk`. The state changes only when it succeeds. */
  async write(kind: LongWrite['kind'], idKind: LongIdKind, keys: readonly number[]): Promise<void> {
    this.#number += 1
    const write = { number: this.#number, kind, idKind, durability: 'disk', keys } as const
    await submitLong(await this.database.collection(idKind, LONG_SCHEMA), write)
    this.state = afterWriteTo(this.state, write)
  }
}
