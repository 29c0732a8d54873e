/**
 * A writer of a capped collection is killed (SIGKILL) at every operation on a file that writing,
 * evicting, making checkpoints and re-using files consist of. What is found then must be the newest
 * rows, without a hole, as many as the cap leaves of those that there were.
 */

import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal, type OpenOptions, open, scalarKernels } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runChild } from './child-process.js'
import { crashImage } from './image.js'
import { planLongDeath } from './long-death.js'
import { SeededRandom } from './plan.js'

/** Longer by hand: `SLUICE_KILL_ROUNDS=300 npx vitest run evict-kill`. */
const ROUNDS = Number(process.env['SLUICE_KILL_ROUNDS'] ?? 8)
/** The same steps again: `SLUICE_KILL_SEED=<printed> …`; moments are never quite the same. */
const SEED = Number(process.env['SLUICE_KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const ROUNDS_PER_DIRECTORY = 12
const TIMEOUT_MS_PER_ROUND = 30_000
/** 32 rows fill the smallest segment. */
const DIMENSION = 1900
const ROWS_MAX = 100
/** Rows go by a sixteenth of them. */
const STEP_ROWS = 6
const SCHEMA = {
  dimension: DIMENSION,
  metric: 'l2',
  segmentBytes: 256 * 1024,
  retention: { rowsMax: ROWS_MAX },
} as const

/** The ids that a directory holds: all from `first` to `last`. */
interface Found {
  readonly first: number
  readonly last: number
}

/** Opens a database and checks every row of it. */
async function read(options: OpenOptions): Promise<Found> {
  const database = await open(options)
  try {
    if (!database.listCollections().includes('docs')) return { first: 1, last: 0 }
    const docs = await database.collection('docs')
    // Evictions under way are in the log before this.
    if (options.readOnly !== true) await database.flush()
    const ids: number[] = []
    for await (const { id, vector } of docs.iterate({ include: ['vector'] })) {
      ids.push(Number(id))
      if (vector?.[11] !== Number(id))
        throw new Error(`row ${id} has the vector of ${vector?.[11]}`)
    }
    const { problems, unknownFiles } = await database.verify({ deep: true })
    expect({ problems, unknownFiles }).toEqual({ problems: [], unknownFiles: [] })
    const first = ids[0] ?? 1
    const last = ids.at(-1) ?? 0
    expect(ids).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i))
    expect(await docs.count()).toBe(ids.length)
    const before = Array.from({ length: first - 1 }, (_, i) => BigInt(i + 1))
    expect((await docs.get(before)).every((row) => row === undefined)).toBe(true)
    return { first, last }
  } finally {
    await database.close()
  }
}

/** The first id that is left of so many rows. */
function firstLeft(last: number): number {
  return Math.floor(Math.max(0, last - ROWS_MAX) / STEP_ROWS) * STEP_ROWS + 1
}

describe.each(['file', 'lmdb'] as const)('writers of a capped collection killed on %s', (wal) => {
  it(
    'leave the newest rows, and as many as the cap allows',
    async () => {
      process.stdout.write(`eviction kill loop on ${wal}: SLUICE_KILL_SEED=${SEED}\n`)
      const random = new SeededRandom(SEED)
      let directory = ''
      let before: Found = { first: 1, last: 0 }
      for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) {
        if (round % ROUNDS_PER_DIRECTORY === 0) {
          if (directory !== '') await rm(directory, { recursive: true })
          directory = await temporaryDirectory()
          before = { first: 1, last: 0 }
        }
        const sizes = Array.from({ length: 30 }, () => 1 + random.below(50))
        const death = planLongDeath(random, wal, { firstNumber: 1, count: 1 })
        const { fault, failpoint } = death
        const checkpoint = random.pick([false, { logBytesMax: 1 }, { logBytesMax: 50_000 }])
        const story = JSON.stringify({ seed: SEED, wal, round, checkpoint, fault, failpoint })
        const batches = { firstId: before.last + 1, sizes }
        const work = { directory, wal, schema: SCHEMA, batches, checkpoint, fault, failpoint }
        const { signal, code, lines, stderr } = await runChild({ script: 'evict-child.mjs', work })
        expect(signal === 'SIGKILL' || code === 0, `${story}: ${stderr}`).toBe(true)
        const acknowledged = lines.filter((line) => line.startsWith('acknowledge ')).at(-1)
        const options = { path: directory, wal: wal === 'lmdb' ? lmdbWal() : fileWal() }
        const untouched = await read({ ...options, readOnly: true })
        const found = await read({ ...options, checkpoint: false })
        expect(found.last, story).toBe(untouched.last)
        expect(found.last, story).toBeGreaterThanOrEqual(
          Number(acknowledged?.split(' ')[1] ?? before.last),
        )
        expect(found.first, story).toBe(firstLeft(found.last))
        expect(untouched.first, story).toBeLessThanOrEqual(found.first)
        expect((untouched.first - 1) % STEP_ROWS, story).toBe(0)
        expect(await read(options), story).toEqual(found)
        before = found
      }
    },
    TIMEOUT_MS_PER_ROUND * ROUNDS,
  )
})

it('a log cut after any record has the rows that there were then', async () => {
  const path = await temporaryDirectory()
  const database = await open({ path, checkpoint: false })
  const docs = await database.collection('docs', SCHEMA)
  const foundAt = new Map<bigint, readonly bigint[]>()
  for (let number = 0; number < 24; number++) {
    const vectors = Array.from({ length: 17 }, (_, i) =>
      new Float32Array(DIMENSION).fill(17 * number + i + 1),
    )
    await docs.add({ vectors })
    await database.flush()
    const ids: bigint[] = []
    for await (const { id } of docs.iterate()) ids.push(id as bigint)
    foundAt.set(database.stats().wal.lastLsn, ids)
  }
  const image = await crashImage(database)
  await database.close()
  expect(new Set(Array.from(foundAt.values(), (ids) => ids[0])).size).toBeGreaterThan(5)
  for (const [lsn, ids] of foundAt) {
    const copy = await temporaryDirectory()
    await cp(image, copy, { recursive: true })
    const log = await fileWal().open({
      directory: join(copy, 'wal'),
      readOnly: false,
      crc32c: (bytes, seed) => scalarKernels.crc32c(bytes, seed),
      warn: () => undefined,
    })
    await log.truncateAfter(lsn)
    await log.close()
    const cut = await read({ path: copy, readOnly: true })
    expect(cut).toEqual({ first: Number(ids[0]), last: Number(ids.at(-1)) })
  }
})
