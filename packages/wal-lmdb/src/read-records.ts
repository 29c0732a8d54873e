/**
 * Reading records out of LMDB: parts are joined, checksums and numbers verified. Works in batches
 * that are copied out in one go, so no read transaction stays open while the consumer is busy: an
 * open one would keep LMDB from re-using pages, and the file would grow.
 */

import { CorruptionError, nextFrame, SluiceError, type WalRecord } from '@sluice/core'
import type { LogDatabase, ReadTransaction } from './environment.js'
import { lsnOf, type Part, partKey, partOf } from './keys.js'

/** Bytes after which a batch ends: some milliseconds of copying. */
const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_PARTS = 4096

/**
 * Where to read.
 *
 * @internal
 */
export interface RecordSource {
  readonly database: LogDatabase
  /** For error messages. */
  readonly file: string
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
  /** The state to read; without it, the newest one at each call. */
  readonly transaction?: ReadTransaction
}

/**
 * A run of whole records: up to `toLsn`, or fewer when they are large.
 *
 * @returns at least one record, unless `fromLsn` is beyond `toLsn`
 * @throws `SLUICE_CORRUPT` for a record that is missing or damaged
 * @internal
 */
export function readBatch(source: RecordSource, fromLsn: bigint, toLsn: bigint): WalRecord[] {
  const records: WalRecord[] = []
  let lsn = fromLsn
  try {
    for (const parts of recordParts(source, fromLsn, toLsn)) {
      records.push(join(source, parts, lsn))
      lsn += 1n
    }
  } catch (error) {
    throw damageFrom(error, source.file, lsn)
  }
  if (records.length === 0 && fromLsn <= toLsn) throw damaged(source, fromLsn, 'it is missing')
  return records
}

/** The parts of each record in turn, until enough was read. */
function* recordParts(source: RecordSource, fromLsn: bigint, toLsn: bigint): Generator<Part[]> {
  const { database, transaction } = source
  const end = toLsn < fromLsn ? partKey(fromLsn) : partKey(toLsn + 1n)
  const range = { start: partKey(fromLsn), end, ...(transaction && { transaction }) }
  let parts: Part[] = []
  let byteLength = 0
  let partCount = 0
  for (const { key, value } of database.getRange(range)) {
    const isNext = parts.length > 0 && lsnOf(key) !== lsnOf(parts[0]!.key)
    if (isNext) {
      yield parts
      parts = []
      if (byteLength >= BATCH_BYTES || partCount >= BATCH_PARTS) return
    }
    parts.push({ key, value })
    byteLength += value.length
    partCount += 1
  }
  if (parts.length > 0) yield parts
}

function join(source: RecordSource, parts: readonly Part[], lsn: bigint): WalRecord {
  const found = lsnOf(parts[0]!.key)
  if (found !== lsn) throw damaged(source, lsn, `record ${found} stands in its place`)
  if (parts.some(({ key }, i) => partOf(key) !== i)) throw damaged(source, lsn, 'a part is missing')
  const bytes =
    parts.length === 1 ? parts[0]!.value : Buffer.concat(parts.map(({ value }) => value))
  const frame = nextFrame(bytes, 0, source.crc32c)
  if (frame.status === 'bad') throw damaged(source, lsn, frame.error.message, frame.error)
  if (frame.status !== 'ok' || frame.bytes.length !== bytes.length || frame.header.lsn !== lsn) {
    throw damaged(source, lsn, 'its length or number is wrong')
  }
  return { lsn, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
}

/** LMDB's own complaints, such as MDB_PAGE_NOTFOUND, are about its pages: the file is damaged. */
function damageFrom(error: unknown, file: string, lsn: bigint): Error {
  if (error instanceof SluiceError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const message = `${file} cannot be read at log record ${lsn}: ${reason}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, lsn }, cause: error })
}

function damaged(source: RecordSource, lsn: bigint, problem: string, cause?: unknown): Error {
  const { file } = source
  const message = `Log record ${lsn} in ${file} is damaged: ${problem}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, lsn }, cause })
}
