/**
 * From the bytes of one record to its entry. Bytes are not trusted: lengths are compared with what
 * is really there before anything is built from them, and every rule of the encoder is checked.
 */

import { CorruptionError, SluiceError } from '../../errors.js'
import type { IdBatch } from '../../id-batch.js'
import type { PackedBytes } from '../../packed-bytes.js'
import { decodeBody } from './body.js'
import { entryProblem, type LogEntry } from './entry.js'
import {
  type DecodedHeader,
  decodeHeader,
  payloadStart,
  RECORD_HEADER_BYTES,
  recordCrc,
} from './header.js'
import { retentionFromValues, schemaFromValues } from './stored-schema.js'

/**
 * A record read back.
 *
 * @internal
 */
export interface DecodedRecord {
  readonly header: DecodedHeader
  readonly entry: LogEntry
}

/**
 * Decodes one record and verifies its checksum.
 *
 * @param bytes - exactly one record
 * @param crc32c - the checksum that it was written with
 * @returns header and entry; byte arrays in it are views into `bytes` where alignment allows
 * @throws `SLUICE_CORRUPT` (details: `lsn` or `offset`) or `SLUICE_UNSUPPORTED_FORMAT`
 * @internal
 */
export function decodeRecord(
  bytes: Uint8Array,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): DecodedRecord {
  const header = decodeHeader(bytes)
  const { lsn, byteLength, bodyLength } = header
  if (byteLength !== bytes.length) {
    throw corrupt(`it says ${byteLength} bytes and has ${bytes.length}`, lsn)
  }
  const actual = recordCrc(bytes, crc32c)
  if (actual !== header.crc) throw corrupt('its checksum does not match', lsn)
  const body = bytes.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + bodyLength)
  const payload = bytes.subarray(payloadStart(bodyLength))
  const entry = entryFrom(header, readBody(body, lsn), payload)
  const problem = entry === undefined ? 'its body has the wrong form' : entryProblem(entry)
  if (entry === undefined || problem !== undefined) throw corrupt(problem ?? '', lsn)
  return { header, entry }
}

function readBody(body: Uint8Array, lsn: bigint): readonly unknown[] {
  try {
    return decodeBody(body)
  } catch (error) {
    if (error instanceof SluiceError) throw corrupt(error.message, lsn, error)
    throw corrupt('its body is not msgpack', lsn, error)
  }
}

function entryFrom(
  { kind, collectionId }: DecodedHeader,
  values: readonly unknown[],
  payload: Uint8Array,
): LogEntry | undefined {
  if (kind === 'rows') return rowsFrom(collectionId, values, payload)
  if (payload.length > 0) return undefined
  if (kind === 'drop') return values.length === 0 ? { kind, collectionId } : undefined
  if (kind === 'create') {
    const [name, schemaValues] = values
    const schema = schemaFromValues(schemaValues)
    if (values.length !== 2 || typeof name !== 'string' || schema === undefined) return undefined
    return { kind, collectionId, name, schema }
  }
  if (kind === 'evict') {
    const [toRow] = values
    if (values.length !== 1 || typeof toRow !== 'number') return undefined
    return { kind, collectionId, toRow }
  }
  if (kind === 'retain') {
    const [retentionValues, writtenSeconds] = values
    const stored = retentionFromValues(retentionValues)
    if (values.length !== 2 || !stored || typeof writtenSeconds !== 'number') return undefined
    return { kind, collectionId, ...stored, writtenSeconds }
  }
  const ids = idsFrom(values[0])
  if (values.length !== 1 || ids === undefined || ids.kind === 'assigned') return undefined
  return { kind, collectionId, ids }
}

function rowsFrom(
  collectionId: number,
  values: readonly unknown[],
  payload: Uint8Array,
): LogEntry | undefined {
  const [rowBase, rowCount, rowsCrc, idValues, metadataValues, writtenSeconds] = values
  const ids = idsFrom(idValues)
  if (values.length < 5 || values.length > 6 || ids === undefined) return undefined
  if (typeof rowBase !== 'number' || typeof rowCount !== 'number') return undefined
  if (typeof rowsCrc !== 'number') return undefined
  if (values.length === 6 && typeof writtenSeconds !== 'number') return undefined
  const metadata = metadataValues === null ? null : packedFrom(metadataValues)
  if (metadata === undefined) return undefined
  return {
    kind: 'rows',
    collectionId,
    rowBase,
    rowCount,
    rowsCrc,
    ids,
    ...(metadata === null ? {} : { metadata }),
    ...(payload.length === 0 ? {} : { payload }),
    ...(typeof writtenSeconds === 'number' ? { writtenSeconds } : {}),
  }
}

function idsFrom(values: unknown): IdBatch | undefined {
  if (!Array.isArray(values)) return undefined
  const [kind, ...rest] = values as readonly unknown[]
  if (kind === 'u64') {
    const words = rest.length === 1 ? wordsFrom(rest[0]) : undefined
    return words && { kind, count: words.length / 2, words }
  }
  if (kind === 'string') {
    const packed = packedFrom(rest)
    return packed && { kind, count: packed.ends.length, ...packed }
  }
  const [first, count] = rest
  if (kind !== 'assigned' || rest.length !== 2) return undefined
  if (typeof first !== 'number' || typeof count !== 'number') return undefined
  return { kind, count, first }
}

function packedFrom(values: unknown): PackedBytes | undefined {
  if (!Array.isArray(values) || values.length !== 2) return undefined
  const [bytes, endBytes] = values as readonly unknown[]
  const ends = wordsFrom(endBytes)
  if (!(bytes instanceof Uint8Array) || ends === undefined) return undefined
  return { bytes: plain(bytes), ends }
}

/** Little-endian u32 words of a byte string: a view where it is aligned, else a copy. */
function wordsFrom(bytes: unknown): Uint32Array | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length % 4 !== 0) return undefined
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
}

/** The same bytes, not as a `Buffer`, whose `slice` means something else. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function corrupt(problem: string, lsn: bigint, cause?: unknown): CorruptionError {
  const message = `Log record ${lsn} is damaged: ${problem}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { lsn }, cause })
}
