/**
 * The log of a database in memory: an array of records. Every level of durability is given at
 * once, and nothing survives the handle.
 */

import type {
  WalAppendOptions,
  WalAppendResult,
  WalBackend,
  WalCapabilities,
  WalFactory,
  WalOpenContext,
  WalRecord,
  WalStats,
} from '../contract/wal-backend.js'
import { LIMITS } from '../limits.js'
import { AppendGate } from './append-gate.js'

const CAPABILITIES: WalCapabilities = {
  durabilities: ['memory', 'os', 'disk'],
  inlineBytesMax: LIMITS.inlineBytesMax,
  frameBytesMax: LIMITS.recordBytesMax,
  persistent: false,
}

/**
 * A log that keeps its records in memory.
 *
 * @returns what `open({ wal })` takes
 * @public
 */
export function memoryWal(): WalFactory {
  return {
    name: 'memory',
    open: (context) => Promise.resolve(new MemoryWal(context)),
  }
}

class MemoryWal implements WalBackend {
  readonly capabilities: WalCapabilities = CAPABILITIES
  readonly #gate: AppendGate
  readonly #records: WalRecord[] = []
  #byteLength = 0

  constructor({ readOnly }: WalOpenContext) {
    const capabilities = CAPABILITIES
    this.#gate = new AppendGate({ capabilities, firstLsn: 1n, lastLsn: 0n, readOnly })
  }

  async append(records: readonly WalRecord[], options: WalAppendOptions): Promise<WalAppendResult> {
    this.#gate.admit(records, options)
    for (const { lsn, bytes } of records) {
      this.#records.push({ lsn, bytes: new Uint8Array(bytes) })
      this.#byteLength += bytes.length
    }
    const { lastLsn } = this.#gate
    return { firstLsn: lastLsn - BigInt(records.length) + 1n, lastLsn }
  }

  read(fromLsn: bigint): AsyncIterable<WalRecord> {
    this.#gate.assertOpen()
    return this.#read(this.#records.slice(this.#indexOf(fromLsn)))
  }

  async truncateBefore(lsn: bigint): Promise<void> {
    const before = this.#gate.firstLsn
    this.#drop(0, Number(this.#gate.truncateBefore(lsn) - before))
  }

  async truncateAfter(lsn: bigint): Promise<void> {
    const last = this.#gate.truncateAfter(lsn)
    const kept = Number(last - this.#gate.firstLsn + 1n)
    this.#drop(kept, this.#records.length - kept)
  }

  stats(): WalStats {
    const { firstLsn, lastLsn } = this.#gate
    return { firstLsn, lastLsn, byteLength: this.#byteLength, syncCount: 0 }
  }

  async close(): Promise<void> {
    if (this.#gate.close()) this.#drop(0, this.#records.length)
  }

  async *#read(records: readonly WalRecord[]): AsyncGenerator<WalRecord> {
    for (const { lsn, bytes } of records) {
      this.#gate.assertOpen()
      yield { lsn, bytes: new Uint8Array(bytes) }
    }
  }

  #indexOf(lsn: bigint): number {
    const { firstLsn } = this.#gate
    return lsn <= firstLsn ? 0 : Number(lsn - firstLsn)
  }

  /** Costs as much as what is dropped, not as what is held. */
  #drop(from: number, count: number): void {
    for (const { bytes } of this.#records.splice(from, count)) this.#byteLength -= bytes.length
  }
}
