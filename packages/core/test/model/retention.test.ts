/**
 * Random users of a capped collection against a reference: a list of all rows ever written, of
 * which those go that a bound does not hold. Every kind of id, every WAL backend; closed, killed
 * and opened again.
 */

import { lmdbWal } from '@sluice/wal-lmdb'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { fileWal } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { CappedDriver, KEY_MAX, type Operation } from './capped-driver.js'

/** Longer by hand: `SLUICE_MODEL_RUNS=1000 pnpm test model`. */
const RUNS = Number(process.env['SLUICE_MODEL_RUNS'] ?? 12)

const keys = fc.uniqueArray(fc.integer({ min: 0, max: KEY_MAX }), { minLength: 1, maxLength: 40 })

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom('add' as const, 'upsert' as const, 'concurrent' as const),
        keys,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), keys }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('checkpoint', 'reopen', 'kill', 'search'),
      }) as fc.Arbitrary<Operation>,
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('retain' as const),
        rowsMax: fc.integer({ min: 1, max: 150 }),
      }),
    },
  ),
  { maxLength: 25 },
)

const runs = fc.record({
  rowsMax: fc.integer({ min: 1, max: 150 }),
  checkpoint: fc.constantFrom(false as const, { logBytesMax: 1 }, {}),
  steps: operations,
})

const NAMINGS = ['u64', 'string', 'assigned'] as const

describe.each([
  ['file', fileWal],
  ['lmdb', lmdbWal],
] as const)('a capped collection on the %s WAL does what the reference does', (_, createWal) => {
  it.each(NAMINGS)('%s ids', async (naming) => {
    const property = fc.asyncProperty(runs, async ({ steps, ...rest }) => {
      const driver = new CappedDriver(naming, { ...rest, createWal })
      try {
        await driver.start(await temporaryDirectory())
        for (const step of steps) await driver.run(step)
        await driver.run({ kind: 'reopen' })
      } finally {
        await driver.stop()
      }
    })
    await fc.assert(property, { numRuns: RUNS })
  })
})

describe('a capped collection in memory does what the reference does', () => {
  it.each(NAMINGS)('%s ids', async (naming) => {
    const property = fc.asyncProperty(runs, async ({ steps, ...rest }) => {
      const driver = new CappedDriver(naming, rest)
      await driver.start(undefined)
      for (const step of steps) await driver.run(step)
      await driver.stop()
    })
    await fc.assert(property, { numRuns: RUNS })
  })
})
