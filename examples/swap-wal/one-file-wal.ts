/**
 * A write-ahead log of one's own, in 40 lines: `AppendGate` knows the rules that all logs share and
 * `RecordFile`, beside this file, the disk. Its writes are synchronous and synced, so they stay in
 * order and `disk` is the one durability there is.
 *
 * `fileWal()` does more: it leaves the event loop free, keeps nothing in memory, forgets old
 * records without rewriting the others, and tells a torn write from damage wherever it is.
 */
import { join } from 'node:path'
import type { WalBackend, WalFactory, WalOpenContext } from '@sluice/core'
import { AppendGate, LIMITS } from '@sluice/core'
import { RecordFile } from './record-file.js'

/** A log in one file, for `open({ path, wal: oneFileWal() })`. */
export function oneFileWal(): WalFactory {
  return { name: 'one-file', open: async (context) => openWal(context) }
}

function openWal({ directory = '.', readOnly, crc32c }: WalOpenContext): WalBackend {
  const file = new RecordFile(join(directory, 'records'), { readOnly, crc32c })
  const { inlineBytesMax, recordBytesMax: frameBytesMax } = LIMITS
  const durabilities = ['disk'] as const
  const capabilities = { durabilities, inlineBytesMax, frameBytesMax, persistent: true }
  const gate = new AppendGate({ capabilities, ...file.stats(), readOnly })
  const write = (change: () => void): void => {
    try {
      change()
    } catch (error) {
      gate.poison(error, file.stats().lastLsn)
      throw error
    }
  }
  const truncate = (): void => write(() => file.keep(gate.firstLsn, gate.lastLsn))
  return {
    capabilities,
    async append(records, options) {
      gate.admit(records, options)
      write(() => file.append(records))
      return { firstLsn: gate.lastLsn - BigInt(records.length) + 1n, lastLsn: gate.lastLsn }
    },
    read: (fromLsn) => file.read(fromLsn, () => gate.assertOpen()),
    async truncateBefore(lsn) {
      gate.truncateBefore(lsn)
      truncate()
    },
    async truncateAfter(lsn) {
      gate.truncateAfter(lsn)
      truncate()
    },
    stats: () => file.stats(),
    close: async () => void gate.close(),
  }
}
