/** From an entry to the bytes of one record, in one contiguous buffer. */

import { InternalError, InvalidArgumentError } from '../../errors.js'
import type { IdBatch } from '../../id-batch.js'
import { LIMITS } from '../../limits.js'
import type { PackedBytes } from '../../packed-bytes.js'
import { type BodyValue, encodeBody } from './body.js'
import { entryProblem, type LogEntry } from './entry.js'
import {
  LSN_MAX,
  payloadStart,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  recordCrc,
  writeHeader,
} from './header.js'
import { retentionToValues, schemaToValues } from './stored-schema.js'

/**
 * Encodes one record.
 *
 * @param header - what the record states about itself
 * @param entry - what happened; its arrays are copied
 * @param crc32c - the checksum to use
 * @param allocate - gives the memory of the record, exactly as long as asked for, any content
 * @returns the bytes from `allocate`, filled
 * @throws `SLUICE_LIMIT_EXCEEDED` for a record over `LIMITS.recordBytesMax`; `SLUICE_INTERNAL` for
 * an entry that contradicts itself
 * @internal
 */
export function encodeRecord(
  header: RecordHeader,
  entry: LogEntry,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
  allocate: (byteLength: number) => Uint8Array = allocateBytes,
): Uint8Array {
  const problem = headerProblem(header) ?? entryProblem(entry)
  if (problem !== undefined) throw new InternalError(`Cannot log a ${entry.kind}: ${problem}`)
  const body = encodeBody(bodyValues(entry))
  const payload = entry.kind === 'rows' ? entry.payload : undefined
  const bodyLength = body.length
  const payloadLength = payload?.length ?? 0
  const payloadAt = payloadStart(bodyLength)
  const byteLength = payloadAt + payloadLength
  if (byteLength > LIMITS.recordBytesMax) throw tooLarge(byteLength)

  const record = allocate(byteLength)
  const view = new DataView(record.buffer, record.byteOffset, RECORD_HEADER_BYTES)
  const { kind, collectionId } = entry
  writeHeader(view, header, { kind, collectionId, bodyLength, payloadLength })
  record.set(body, RECORD_HEADER_BYTES)
  record.fill(0, RECORD_HEADER_BYTES + bodyLength, payloadAt)
  if (payload !== undefined) record.set(payload, payloadAt)
  view.setUint32(44, recordCrc(record, crc32c), true)
  return record
}

function headerProblem({ lsn, durableLsn, epoch }: RecordHeader): string | undefined {
  if (lsn < 1n || lsn > LSN_MAX) return `LSN ${lsn} is out of range`
  if (durableLsn < 0n || durableLsn >= lsn) return `durable LSN ${durableLsn} is not below ${lsn}`
  if (epoch !== epoch >>> 0) return `epoch ${epoch} is not a u32`
  return undefined
}

function bodyValues(entry: LogEntry): readonly BodyValue[] {
  switch (entry.kind) {
    case 'create':
      return [entry.name, schemaToValues(entry.schema)]
    case 'drop':
      return []
    case 'rows': {
      const { rowBase, rowCount, rowsCrc, ids, metadata, writtenSeconds } = entry
      const packed = metadata === undefined ? null : packedValues(metadata)
      const values = [rowBase, rowCount, rowsCrc, idsValues(ids), packed]
      return writtenSeconds === undefined ? values : [...values, writtenSeconds]
    }
    case 'delete':
      return [idsValues(entry.ids)]
    case 'evict':
      return [entry.toRow]
    case 'retain':
      return [retentionToValues(entry.retention), entry.writtenSeconds]
  }
}

function idsValues(ids: IdBatch): readonly BodyValue[] {
  switch (ids.kind) {
    case 'u64':
      return ['u64', bytesOf(ids.words)]
    case 'string':
      return ['string', ...packedValues(ids)]
    case 'assigned':
      return ['assigned', ids.first, ids.count]
  }
}

function packedValues({ bytes, ends }: PackedBytes): readonly [Uint8Array, Uint8Array] {
  return [bytesOf(bytes), bytesOf(ends)]
}

/** A `Buffer` view, which msgpackr writes as a plain byte string whatever class it came from. */
function bytesOf(array: Uint8Array | Uint32Array): Uint8Array {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

function allocateBytes(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength)
}

function tooLarge(byteLength: number): InvalidArgumentError {
  const { recordBytesMax } = LIMITS
  const message = `A log record takes ${byteLength} bytes, over ${recordBytesMax}: write fewer rows`
  return new InvalidArgumentError('SLUICE_LIMIT_EXCEEDED', message, {
    details: { byteLength, recordBytesMax },
  })
}
