/**
 * The rules that every log shares, apart from where its bytes go: LSNs continue without gaps,
 * records fit, a closed, read-only or poisoned log refuses. An append is admitted in the moment it
 * is called, so calls need not be awaited one by one; `lastLsn` counts what is admitted.
 * Knows nothing of files.
 */

import type { Durability } from '../contract/durability.js'
import type { WalAppendOptions, WalCapabilities, WalRecord } from '../contract/wal-backend.js'
import { AbortError, InvalidArgumentError, StateError, StorageError } from '../errors.js'
import { decodeHeader } from './record/header.js'

const LEVELS: readonly Durability[] = ['memory', 'os', 'disk']

/**
 * Where a log stands when it is opened.
 *
 * @public
 */
export interface AppendGateOptions {
  /** What the backend can do. */
  readonly capabilities: WalCapabilities
  /** First record held; `lastLsn + 1` when there is none. */
  readonly firstLsn: bigint
  /** Last record held. */
  readonly lastLsn: bigint
  /** Whether every append is refused. */
  readonly readOnly: boolean
}

/**
 * The state of an open log that decides what is admitted. For authors of backends.
 *
 * @public
 */
export class AppendGate {
  readonly #capabilities: WalCapabilities
  readonly #readOnly: boolean
  #firstLsn: bigint
  #lastLsn: bigint
  #closed = false
  #poison: { readonly cause: unknown } | undefined

  /** @param options - where the log stands */
  constructor(options: AppendGateOptions) {
    this.#capabilities = options.capabilities
    this.#readOnly = options.readOnly
    this.#firstLsn = options.firstLsn
    this.#lastLsn = options.lastLsn
  }

  /** First record held; `lastLsn + 1` when there is none. */
  get firstLsn(): bigint {
    return this.#firstLsn
  }

  /** Last record admitted. */
  get lastLsn(): bigint {
    return this.#lastLsn
  }

  /** Whether the log was closed. */
  get closed(): boolean {
    return this.#closed
  }

  /** Whether an operation failed, so that nothing may be written any more. */
  get poisoned(): boolean {
    return this.#poison !== undefined
  }

  /**
   * Admits records: afterwards they count as part of the log. Changes nothing when it throws.
   *
   * @returns the level to give them: the one asked for, or the next stronger one there is
   * @throws `SLUICE_INVALID_ARGUMENT`, `SLUICE_ABORTED`, `SLUICE_CLOSED`, `SLUICE_READ_ONLY`,
   * `SLUICE_POISONED`
   */
  admit(records: readonly WalRecord[], options: WalAppendOptions): Durability {
    this.assertWritable()
    if (options.signal?.aborted === true) {
      const context = { cause: options.signal.reason, details: { applied: false } }
      throw new AbortError('The append was aborted before it began', context)
    }
    let lsn = this.#lastLsn
    for (const record of records) {
      lsn += 1n
      this.#checkRecord(record, lsn)
    }
    const level = this.#raise(options.durability)
    this.#lastLsn = lsn
    return level
  }

  /**
   * Moves the start of the log.
   *
   * @returns the new first LSN, at most `lastLsn + 1`
   */
  truncateBefore(lsn: bigint): bigint {
    this.assertWritable()
    const end = this.#lastLsn + 1n
    const first = lsn < end ? lsn : end
    if (first > this.#firstLsn) this.#firstLsn = first
    return this.#firstLsn
  }

  /**
   * Moves the end of the log back.
   *
   * @returns the new last LSN
   * @throws `SLUICE_INVALID_ARGUMENT` when the numbers of forgotten records would be given again
   */
  truncateAfter(lsn: bigint): bigint {
    this.assertWritable()
    if (lsn < this.#firstLsn - 1n) {
      const message = `Cannot truncate after LSN ${lsn}: the log starts at ${this.#firstLsn}`
      throw invalid(message, { lsn, firstLsn: this.#firstLsn })
    }
    if (lsn < this.#lastLsn) this.#lastLsn = lsn
    return this.#lastLsn
  }

  /**
   * Refuses every later write.
   *
   * @param cause - what went wrong
   * @param lastLsn - the last record that certainly got into the log
   */
  poison(cause: unknown, lastLsn: bigint): void {
    this.#poison ??= { cause }
    this.#lastLsn = lastLsn
    if (this.#firstLsn > lastLsn + 1n) this.#firstLsn = lastLsn + 1n
  }

  /**
   * Refuses everything from now on.
   *
   * @returns false when it was closed before
   */
  close(): boolean {
    const first = !this.#closed
    this.#closed = true
    return first
  }

  /** @throws `SLUICE_CLOSED` after {@link AppendGate.close} */
  assertOpen(): void {
    if (this.#closed) throw new StateError('SLUICE_CLOSED', 'The log is closed')
  }

  /** @throws `SLUICE_CLOSED`, `SLUICE_READ_ONLY` or `SLUICE_POISONED` */
  assertWritable(): void {
    this.assertOpen()
    if (this.#readOnly) throw new StateError('SLUICE_READ_ONLY', 'The log was opened read-only')
    this.assertHealthy()
  }

  /** @throws `SLUICE_POISONED` after {@link AppendGate.poison} */
  assertHealthy(): void {
    if (this.#poison === undefined) return
    const message = 'The log failed before and takes no more writes; reopen it'
    throw new StorageError('SLUICE_POISONED', message, { cause: this.#poison.cause })
  }

  #checkRecord({ lsn, bytes }: WalRecord, expected: bigint): void {
    if (lsn !== expected) {
      throw invalid(`LSN ${lsn} does not continue the log: ${expected} is next`, { lsn, expected })
    }
    const { frameBytesMax } = this.#capabilities
    if (bytes.length > frameBytesMax) {
      const message = `Record ${lsn} has ${bytes.length} bytes; the log takes ${frameBytesMax}`
      throw invalid(message, { lsn, byteLength: bytes.length, frameBytesMax })
    }
    const header = bytes.length === 0 ? undefined : headerOf(bytes, lsn)
    if (header === undefined || header.lsn !== lsn || header.byteLength !== bytes.length) {
      const message = `Record ${lsn} does not hold the encoded record of that number`
      throw invalid(message, { lsn, byteLength: bytes.length, found: header?.lsn })
    }
  }

  #raise(durability: Durability): Durability {
    const asked = LEVELS.indexOf(durability)
    const { durabilities } = this.#capabilities
    const level = LEVELS.find((candidate, i) => i >= asked && durabilities.includes(candidate))
    if (asked >= 0 && level !== undefined) return level
    const message = `Durability ${durability} is unknown to this log, and so is a stronger one`
    throw invalid(message, { durability, durabilities })
  }
}

function headerOf(bytes: Uint8Array, lsn: bigint): { lsn: bigint; byteLength: number } {
  try {
    return decodeHeader(bytes)
  } catch (error) {
    const context = { cause: error, details: { lsn } }
    const message = `Record ${lsn} is not an encoded log record`
    throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message, context)
  }
}

function invalid(
  message: string,
  details: Readonly<Record<string, unknown>>,
): InvalidArgumentError {
  return new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message, { details })
}
