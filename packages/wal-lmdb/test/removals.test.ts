import { describe, expect, it } from 'vitest'
import { type LogDatabase, openEnvironment } from '../src/environment.js'
import { lsnOf, MARK_KEY, partKey } from '../src/keys.js'
import { Removals } from '../src/removals.js'
import { temporaryDirectory } from './fixture.js'

async function databaseOf(keyCount: number): Promise<LogDatabase> {
  const directory = await temporaryDirectory()
  const database = openEnvironment(directory, { mapBytes: 2 ** 30, readOnly: false })
  await database.put(MARK_KEY, Buffer.from('mark'))
  let last: Promise<boolean> | undefined
  for (let i = 1; i <= keyCount; i++) last = database.put(partKey(BigInt(i)), Buffer.from('x'))
  await last
  return database
}

/** Keys of one step, removed. */
async function step(database: LogDatabase, removals: Removals, putCount = 0): Promise<bigint[]> {
  const keys = removals.nextKeys(putCount)
  await Promise.all(keys.map((key) => database.remove(key)))
  return keys.map(lsnOf)
}

describe('Removals', () => {
  it('hands out each key below the LSN once, oldest first, in bounded steps', async () => {
    const database = await databaseOf(1000)
    const removals = new Removals(database)
    expect([removals.pending, removals.nextKeys(0)]).toEqual([false, []])
    removals.removeBelow(701n)
    removals.removeBelow(30n)
    const found: bigint[] = []
    let isDone = false
    const done = removals.done().then(() => {
      isDone = true
    })
    while (removals.pending) {
      expect(isDone).toBe(false)
      const keys = await step(database, removals)
      expect(keys.length).toBeLessThanOrEqual(128)
      found.push(...keys)
    }
    await done
    expect(found).toEqual(Array.from({ length: 700 }, (_, i) => BigInt(i + 1)))
    await database.close()
  })

  it('keeps ahead of what is put in the same transactions', async () => {
    const database = await databaseOf(1000)
    const removals = new Removals(database)
    removals.removeBelow(2000n)
    expect(await step(database, removals, 400)).toHaveLength(800)
    await database.close()
  })

  it('hands out nothing once stopped, and keeps nobody waiting', async () => {
    const database = await databaseOf(300)
    const removals = new Removals(database)
    removals.removeBelow(301n)
    const done = removals.done()
    removals.stop()
    await done
    removals.removeBelow(302n)
    expect([removals.pending, removals.nextKeys(0)]).toEqual([false, []])
    await removals.done()
    await database.close()
  })
})
