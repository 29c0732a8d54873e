/** A disk that fills up under concurrent writers: typed errors, durable reads, a way back. */

import { join } from 'node:path'
import { describe, expect } from 'vitest'
import {
  type Collection,
  fileWal,
  type OpenOptions,
  open,
  type SluiceError,
} from '../../src/index.js'
import { prefixOf } from './expected-rows.js'
import type { PlannedOperation } from './plan.js'
import { readDatabase, readState } from './read-state.js'
import { batchOf, KEY_COUNT, keysOf, SCHEMA } from './rows.mjs'
import { DISK_NEEDED, itWithDisk, mountSmallDisk } from './small-disk.js'

const WRITERS = 4
/** Rows that travel inside the log fill the log; others fill segments. */
const SIZES = [
  ['small', 5],
  ['bulk', 400],
] as const

/** Writers that go on until one write fails. */
class Filling {
  readonly #docs: Collection
  readonly #keyCount: number
  readonly operations: PlannedOperation[] = []
  readonly acknowledged: number[] = []
  readonly errors: SluiceError[] = []

  constructor(docs: Collection, keyCount: number) {
    this.#docs = docs
    this.#keyCount = keyCount
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: WRITERS }, () => this.#writeUntilItFails()))
  }

  /** Operations that must be there: those up to the last one acknowledged. */
  get least(): number {
    return Math.max(...this.acknowledged) + 1
  }

  async #writeUntilItFails(): Promise<void> {
    for (;;) {
      const number = this.operations.length
      const operation: PlannedOperation = {
        number,
        kind: 'upsert',
        durability: 'disk',
        inFlightMax: WRITERS,
        firstKey: (number * 31) % KEY_COUNT,
        keyCount: this.#keyCount,
        keyStep: 1,
      }
      this.operations.push(operation)
      try {
        await this.#docs.upsert(batchOf('u64', number, keysOf(operation)))
        this.acknowledged.push(number)
      } catch (error) {
        this.errors.push(error as SluiceError)
        return
      }
    }
  }
}

async function fillAndRecover(
  options: OpenOptions,
  keyCount: number,
  freeSpace: () => void,
): Promise<void> {
  const database = await open(options)
  const poisonings: SluiceError[] = []
  database.on('poisoned', (error) => poisonings.push(error))
  const docs = await database.collection('docs', SCHEMA)
  const filling = new Filling(docs, keyCount)
  await filling.run()
  const { operations, errors, least } = filling
  expect(poisonings.map(({ code }) => code)).toEqual(['SLUICE_NO_SPACE'])
  for (const { code } of errors) expect(['SLUICE_NO_SPACE', 'SLUICE_POISONED']).toContain(code)
  expect(errors).toHaveLength(WRITERS)
  const later = docs.upsert(batchOf('u64', 1, [1]))
  await expect(later).rejects.toMatchObject({
    code: 'SLUICE_POISONED',
    details: { causeCode: 'SLUICE_NO_SPACE' },
  })
  const laterDelete = docs.delete({ ids: [0n] })
  await expect(laterDelete).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
  const visible = await readState(database, 'u64')
  expect(prefixOf(visible.rows, new Map(), operations, least)).toBe(least)
  await database.close()

  freeSpace()
  const reopened = await open(options)
  const found = await readState(reopened, 'u64')
  expect(prefixOf(found.rows, new Map(), operations, least)).toBeDefined()
  const again = await reopened.collection('docs')
  const number = operations.length
  const keys = keysOf({ firstKey: 7, keyCount: 500, keyStep: 1 })
  await again.upsert(batchOf('u64', number, keys))
  await reopened.close()
  const { rows } = await readDatabase(options, 'u64')
  const expected = new Map([...found.rows, ...keys.map((key) => [key, number] as const)])
  expect(rows).toEqual(expected)
}

describe('a full disk', () => {
  for (const [size, keyCount] of SIZES) {
    itWithDisk(`ends ${size} writes typed and loses none${DISK_NEEDED}`, async () => {
      const disk = mountSmallDisk('16m')
      const options = { path: join(disk.path, 'db'), wal: fileWal() }
      await fillAndRecover(options, keyCount, () => disk.remount('size=64m'))
    })
  }
})
