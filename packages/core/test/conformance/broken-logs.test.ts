/** What the log suite says of logs that break one rule: which one it was. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { walBackendSuite } from '../../src/conformance/wal-backend.js'
import { walContext } from '../../src/conformance/wal-context.js'
import type { Durability, WalBackend, WalRecord } from '../../src/contract/index.js'
import { memoryWal } from '../../src/wal/memory-wal.js'

type Break = (log: WalBackend) => PropertyDescriptorMap

/** Why the test with this title fails for a log in memory that is broken; undefined: it passes. */
async function failureOf(title: string, breakLog: Break): Promise<string | undefined> {
  const tests = new Map<string, () => unknown>()
  const runner = {
    describe: (_name: string, body: () => void): void => body(),
    it: (name: string, body: () => unknown): void => {
      tests.set(name, body)
    },
  }
  const durabilities: readonly Durability[] = ['memory', 'os', 'disk']
  const create = async () => ({
    open: async () => {
      const log = await memoryWal().open(walContext(undefined))
      return bound(log, breakLog(log))
    },
    destroy: async () => undefined,
  })
  const capabilities = { durabilities, persistent: false }
  walBackendSuite({ runner, fc, name: 'broken', capabilities, create })
  const body = tests.get(title)
  if (body === undefined) throw new Error(`there is no test "${title}"`)
  try {
    await body()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** A log with some of its parts replaced. */
function bound(log: WalBackend, parts: PropertyDescriptorMap): WalBackend {
  return Object.defineProperties(
    {
      capabilities: log.capabilities,
      append: log.append.bind(log),
      read: log.read.bind(log),
      truncateBefore: log.truncateBefore.bind(log),
      truncateAfter: log.truncateAfter.bind(log),
      stats: log.stats.bind(log),
      close: log.close.bind(log),
    },
    parts,
  )
}

const whole: Break = () => ({})

describe('the log suite', () => {
  it('says that bytes are the reader’s own', async () => {
    const title = 'keeps no reference to the bytes of an append at disk'
    expect(await failureOf(title, whole)).toBeUndefined()
    const shares: Break = (log) => {
      const lent = new Map<bigint, WalRecord>()
      async function* read(fromLsn: bigint): AsyncGenerator<WalRecord> {
        for await (const record of log.read(fromLsn)) {
          lent.set(record.lsn, lent.get(record.lsn) ?? record)
          yield lent.get(record.lsn)!
        }
      }
      return { read: { value: read } }
    }
    expect(await failureOf(title, shares)).toContain("`read` yields must be the reader's own")
  })

  it('says that bytes stay the reader’s own', async () => {
    const title = 'keeps no reference to the bytes of an append at memory'
    const reuses: Break = (log) => {
      const room = new Uint8Array(1024)
      async function* read(fromLsn: bigint): AsyncGenerator<WalRecord> {
        for await (const { lsn, bytes } of log.read(fromLsn)) {
          room.set(bytes)
          yield { lsn, bytes: room.subarray(0, bytes.length) }
        }
      }
      return { read: { value: read } }
    }
    expect(await failureOf(title, reuses)).toContain('has other bytes')
  })

  it('says what becomes of a reading when the log is closed', async () => {
    const title = 'ends a reading that goes on across close'
    expect(await failureOf(title, whole)).toBeUndefined()
    const ends: Break = (log) => {
      async function* read(fromLsn: bigint): AsyncGenerator<WalRecord> {
        const records: WalRecord[] = []
        for await (const record of log.read(fromLsn)) records.push(record)
        yield* records
      }
      return { read: { value: read } }
    }
    expect(await failureOf(title, ends)).toContain('and not end as if all had been read')
  })

  it('asks for room for records', async () => {
    const title = 'claims the capabilities it was announced with'
    expect(await failureOf(title, whole)).toBeUndefined()
    const lacks: Break = ({ capabilities }) => ({
      capabilities: { value: { ...capabilities, frameBytesMax: 10 } },
    })
    expect(await failureOf(title, lacks)).toContain('`frameBytesMax` must be 131072 or more')
  })
})
