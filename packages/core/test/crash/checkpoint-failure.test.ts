/**
 * The n-th operation on a file fails while a checkpoint is made, for every n (the method of
 * SQLite's tests). The checkpoint fails with a typed error or does without; nothing acknowledged is
 * lost, and the next checkpoint succeeds, unless rows or the log could not be written: then the
 * database is poisoned, and reopening recovers.
 */

import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fileWal, type OpenOptions, open, SluiceError } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import {
  armFault,
  type FileFault,
  filesOpen,
  installFileFaults,
  operationsDone,
} from './file-faults.mjs'
import { keysFrom, LongScenario } from './long-scenario.js'
import { hasRowsOf, readLong, readLongDatabase } from './read-long.js'

/** Every operation by hand: `SLUICE_FAILURE_STEP=1 npx vitest run checkpoint-failure`. */
const STEP = Number(process.env['SLUICE_FAILURE_STEP'] ?? 8)
const TIMEOUT_MS = 600_000 / STEP
const FIRST = Math.floor(Math.random() * STEP)
const CODES = { ENOSPC: 'SLUICE_NO_SPACE', EIO: 'SLUICE_IO', EMFILE: 'SLUICE_TOO_MANY_FILES' }
const ERRNOS = ['ENOSPC', 'EIO', 'EMFILE'] as const
/** What holds rows and records: a failure there ends all writing. */
const POISONING = ['segments', 'directories', 'log', 'log mark']

const FILE_AREAS = [...POISONING, 'checkpoints', 'columns', 'recycled'].sort().reverse()

async function operationsOfCheckpoint(options: OpenOptions): Promise<readonly string[]> {
  const scenario = new LongScenario(await open(options))
  await scenario.prepare()
  armFault()
  await scenario.database.checkpoint()
  const operations = operationsDone()
  await scenario.database.close()
  return operations
}

/** Makes the checkpoint with a fault; the failed operation, if it was reached. */
async function checkFault(options: OpenOptions, fault: FileFault): Promise<string | undefined> {
  const scenario = new LongScenario(await open(options))
  const { database } = scenario
  await scenario.prepare()
  armFault(fault)
  const outcome = await database.checkpoint().catch((error: unknown) => error)
  const failed = operationsDone()[fault.count - 1]
  armFault()
  const what = `${JSON.stringify(fault)}: ${failed}`
  if (outcome !== undefined) {
    expect(outcome, what).toBeInstanceOf(SluiceError)
    const expected = CODES[fault.code as keyof typeof CODES]
    expect((outcome as SluiceError).code, `${what}: ${outcome}`).toBe(expected)
  }
  expect(hasRowsOf(await readLong(database), scenario.state), what).toBe(true)
  await goOn(scenario, fault).catch((error: SluiceError) => {
    expect(POISONING, `${what}: ${error}`).toContain(areaOf(failed))
    expect(error.code, what).toBe('SLUICE_POISONED')
  })
  await database.close().catch((error: SluiceError) => {
    expect(areaOf(failed), `${what}: ${error}`).toMatch(/^log/)
    expect(error.code, what).toBe('SLUICE_POISONED')
  })
  // What a failed `close` leaves open is the system's business.
  const isClose = / close /.test(failed ?? '')
  const left = filesOpen().filter((file) => file.startsWith(options.path ?? ''))
  if (!isClose) expect(left, `${what}: left open`).toEqual([])
  const warnings: string[] = []
  const onWarning = ({ message }: { message: string }): unknown => warnings.push(message)
  for (const more of [{ readOnly: true }, {}]) {
    const found = await readLongDatabase({ ...options, ...more, onWarning }).catch((cause) => {
      throw new Error(`${what}: reopening failed`, { cause })
    })
    expect(hasRowsOf(found, scenario.state), `${what}: reopened`).toBe(true)
  }
  expect(
    warnings.filter((message) => /damaged|failed/.test(message)),
    what,
  ).toEqual([])
  return failed
}

/** Writes and, after every second fault, another checkpoint; rejected writes change nothing. */
async function goOn(scenario: LongScenario, { count }: FileFault): Promise<void> {
  await scenario.write('upsert', 'u64', keysFrom(10, 50))
  await scenario.write('delete', 'string', [1])
  if (count % 2 === 0) await scenario.database.checkpoint()
}

function areaOf(operation: string | undefined): string | undefined {
  return FILE_AREAS.find((area) => operation?.startsWith(`${area} `))
}

beforeAll(installFileFaults)
afterEach(() => armFault())

describe.each([
  ['file', () => fileWal({ segmentBytesMax: 64 * 1024 })],
  ['lmdb', lmdbWal],
] as const)('a checkpoint on the %s WAL', (_, createWal) => {
  it(
    'that fails at some operation loses nothing, and the next one succeeds',
    async () => {
      const path = await temporaryDirectory()
      const options = { path, checkpoint: false, wal: createWal() } as const
      const operations = await operationsOfCheckpoint(options)
      expect(operations.length).toBeGreaterThan(40)
      for (let count = 1 + FIRST; count <= operations.length; count += STEP) {
        const code = ERRNOS[count % ERRNOS.length]!
        const action = count % 4 < 2 ? 'fail half' : 'fail before'
        await checkFault(
          { ...options, path: join(path, String(count)), wal: createWal() },
          { area: 'any', count, action, code },
        )
      }
    },
    TIMEOUT_MS,
  )

  it('that fails in the background is a warning, and one that succeeds follows', async () => {
    const path = await temporaryDirectory()
    const checkpoint = { logBytesMax: 1, intervalMs: 60_000 }
    const database = await open({ path, checkpoint, wal: createWal() })
    const scenario = new LongScenario(database)
    const codes: unknown[] = []
    database.on('warning', ({ code, details }) => {
      expect(code).toBe('SLUICE_WARN_CHECKPOINT_FAILED')
      codes.push((details['error'] as SluiceError).code)
    })
    const code = 'ENOSPC'
    armFault({
      area: 'checkpoints',
      operation: 'rename',
      count: 1,
      repeat: 3,
      action: 'fail before',
      code,
    })
    for (let i = 0; i < 100 && codes.length < 3; i++) await scenario.write('upsert', 'u64', [i])
    expect(codes).toEqual(Array(3).fill('SLUICE_NO_SPACE'))
    const succeeded = new Promise((resolve) => database.on('checkpoint', resolve))
    await scenario.write('upsert', 'u64', [1])
    await succeeded
    await database.close()
    const found = await readLongDatabase({ path, wal: createWal() })
    expect(hasRowsOf(found, scenario.state)).toBe(true)
  })
})
