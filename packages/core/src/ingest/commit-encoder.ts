/** From commits to log records, in memory that outlives the append. */

import type { BufferLease, BufferPool } from '@sluice/pool'
import type { WalRecord } from '../contract/index.js'
import { encodeRecord } from '../wal/record/encode.js'
import type { RecordHeader } from '../wal/record/header.js'
import type { Commit } from './commit.js'
import { gatherRows } from './inline-rows.js'

/**
 * What an encoder needs.
 *
 * @internal
 */
export interface CommitEncoderOptions {
  /** Where records live between encoding and the end of their append. */
  readonly buffers: BufferPool
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
  readonly epoch: number
  /** Stamped on every record. */
  readonly databaseTag: number
}

/**
 * How one record is to be encoded.
 *
 * @internal
 */
export interface EncodeOptions {
  /** Whether the record carries its rows. */
  readonly isInline: boolean
  /** Takes the lease of the record's memory; to be released when the append has settled. */
  readonly leases: BufferLease[]
}

/**
 * Encodes the records of one database.
 *
 * @internal
 */
export class CommitEncoder {
  readonly #options: CommitEncoderOptions

  constructor(options: CommitEncoderOptions) {
    this.#options = options
  }

  /** Encodes one commit. */
  encode(
    { lsn, durableLsn, durability }: Omit<RecordHeader, 'epoch' | 'databaseTag'>,
    { entry, rows }: Commit,
    { isInline, leases }: EncodeOptions,
  ): WalRecord {
    const { buffers, crc32c, epoch, databaseTag } = this.#options
    const allocate = (byteLength: number): Uint8Array => {
      const lease = buffers.lease(byteLength)
      leases.push(lease)
      return lease.bytes
    }
    const carriesRows = isInline && rows && entry.kind === 'rows'
    const whole = carriesRows ? { ...entry, payload: gatherRows(rows) } : entry
    const header = { lsn, durableLsn, durability, epoch, databaseTag }
    return { lsn, bytes: encodeRecord(header, whole, crc32c, allocate) }
  }
}
