/** The log behind `faultyWal`: passes everything on, except where a plan says otherwise. */

import type {
  WalAppendOptions,
  WalAppendResult,
  WalBackend,
  WalCapabilities,
  WalRecord,
  WalStats,
} from '../contract/wal-backend.js'
import { StorageError, storageErrorFrom } from '../errors.js'
import type { WalFault } from './wal-fault.js'

/**
 * A log with planned faults.
 *
 * @internal
 */
export class FaultyLog implements WalBackend {
  readonly #inner: WalBackend
  readonly #nextFault: () => WalFault | undefined
  #poison: unknown
  /** Set while an append is held back: later calls wait, so that their order is kept. */
  #delay: Promise<void> | undefined

  /** @param inner - the log to pass on to; @param nextFault - called once per append */
  constructor(inner: WalBackend, nextFault: () => WalFault | undefined) {
    this.#inner = inner
    this.#nextFault = nextFault
  }

  get capabilities(): WalCapabilities {
    return this.#inner.capabilities
  }

  append(records: readonly WalRecord[], options: WalAppendOptions): Promise<WalAppendResult> {
    const fault = this.#nextFault()
    if (fault?.action === 'delay') this.#holdBack(fault.until)
    return this.#inTurn(() => this.#append(fault, records, options))
  }

  read(fromLsn: bigint): AsyncIterable<WalRecord> {
    return this.#inner.read(fromLsn)
  }

  truncateBefore(lsn: bigint): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertHealthy()
      await this.#inner.truncateBefore(lsn)
    })
  }

  truncateAfter(lsn: bigint): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertHealthy()
      await this.#inner.truncateAfter(lsn)
    })
  }

  stats(): WalStats {
    return this.#inner.stats()
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#inner.close())
  }

  async #append(
    fault: WalFault | undefined,
    records: readonly WalRecord[],
    options: WalAppendOptions,
  ): Promise<WalAppendResult> {
    this.#assertHealthy()
    if (fault === undefined || fault.action === 'delay') return this.#inner.append(records, options)
    const error = fault.error ?? Object.assign(new Error('EIO: planned fault'), { code: 'EIO' })
    const failure = storageErrorFrom(error, 'append to the log', { fault: fault.action })
    this.#poison = failure
    const written = { 'error-before': 0, torn: records.length >>> 1, 'error-after': records.length }
    const part = records.slice(0, written[fault.action])
    if (part.length > 0) await this.#inner.append(part, options)
    throw failure
  }

  /** At once when nothing is held back, so that calls reach the inner log in their own tick. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    return this.#delay === undefined ? run() : this.#delay.then(run)
  }

  #holdBack(until: Promise<void>): void {
    const before = this.#delay
    const delay = before === undefined ? until : before.then(() => until)
    this.#delay = delay
  }

  #assertHealthy(): void {
    if (this.#poison === undefined) return
    const message = 'The log failed before and takes no more writes; reopen it'
    throw new StorageError('SLUICE_POISONED', message, { cause: this.#poison })
  }
}
