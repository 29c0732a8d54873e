/**
 * Frames of column files: the ids or metadata of some rows of one segment. Little endian, 40 bytes:
 *
 *     0 magic u32 'SLCF' | 4 version u8 | 5 kind u8 | 6 zero u16 | 8 collection id u32
 *    12 segment index u32 | 16 row base u32 | 20 row count u32 | 24 body length u32
 *    28 first 4 bytes of the database id | 32 crc32c of the body | 36 crc32c of bytes 0 to 35
 *
 * then the body, then zeros to a multiple of 8. Nothing read is believed before its checksum has
 * been checked, and no length before it has been compared with what is there. What the items of a
 * body say is for those who know ids and metadata.
 */

import { CorruptionError, InternalError } from '../errors.js'
import { LIMITS } from '../limits.js'

/**
 * What a frame holds, for n rows:
 *
 * - `u64 ids`: n u64.
 * - `string ids` and `metadata`: n u32 ends, then the bytes.
 * - `assigned ids`: runs of 16 bytes, {count u32, explicit u32, first id u64}; counts add up to n.
 *
 * @internal
 */
export type ColumnKind = 'u64 ids' | 'string ids' | 'assigned ids' | 'metadata'

/**
 * Ids or metadata of a run of rows.
 *
 * @internal
 */
export interface ColumnFrame {
  readonly kind: ColumnKind
  /** Number of the first row in the collection. */
  readonly rowBase: number
  /** At least 1. */
  readonly rowCount: number
  readonly body: Uint8Array
}

/**
 * Whose a frame is.
 *
 * @internal
 */
export interface ColumnFrameOwner {
  /** 16 bytes, of which the frame keeps 4. */
  readonly databaseId: Uint8Array
  readonly collectionId: number
  readonly segmentIndex: number
}

/**
 * What the header of a frame says once it has been checked.
 *
 * @internal
 */
export interface ColumnFrameHeader {
  readonly kind: ColumnKind
  readonly rowBase: number
  readonly rowCount: number
  readonly bodyLength: number
  readonly bodyCrc: number
}

/**
 * Where a frame was read and what it may be.
 *
 * @internal
 */
export interface ColumnFrameContext {
  readonly file: string
  /** Where the frame starts in the file. */
  readonly offset: number
  /** Bytes from there to the end of what may be read. */
  readonly bytesLeft: number
  readonly owner: ColumnFrameOwner
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

/**
 * Bytes in front of a body.
 *
 * @internal
 */
export const COLUMN_FRAME_HEADER_BYTES = 40

/** 'SLCF' as a little-endian u32. */
const MAGIC = 0x4643_4c53
const VERSION = 1
const ALIGNMENT = 8
const BODY_CRC_OFFSET = 32
const HEADER_CRC_OFFSET = 36

const KINDS: readonly (ColumnKind | undefined)[] = [
  undefined,
  'u64 ids',
  'string ids',
  'assigned ids',
  'metadata',
]

/**
 * Bytes of a whole frame.
 *
 * @internal
 */
export function columnFrameBytes(bodyLength: number): number {
  return COLUMN_FRAME_HEADER_BYTES + Math.ceil(bodyLength / ALIGNMENT) * ALIGNMENT
}

/**
 * Encodes the header of a frame.
 *
 * @throws InternalError for rows or a body that {@link decodeColumnFrameHeader} would refuse
 * @internal
 */
export function encodeColumnFrameHeader(
  frame: ColumnFrame,
  owner: ColumnFrameOwner,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): Uint8Array {
  const { kind, rowBase, rowCount, body } = frame
  if (!areRows(rowBase, rowCount) || !isLengthOf(kind, rowCount, body.byteLength)) {
    const rows = `${rowCount} rows of ${kind} from row ${rowBase}`
    throw new InternalError(`a column frame of ${body.byteLength} bytes cannot hold ${rows}`)
  }
  const bytes = new Uint8Array(COLUMN_FRAME_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint8(4, VERSION)
  view.setUint8(5, KINDS.indexOf(kind))
  view.setUint32(8, owner.collectionId, true)
  view.setUint32(12, owner.segmentIndex, true)
  view.setUint32(16, rowBase, true)
  view.setUint32(20, rowCount, true)
  view.setUint32(24, body.byteLength, true)
  view.setUint32(28, shortIdOf(owner.databaseId), true)
  view.setUint32(BODY_CRC_OFFSET, crc32c(body), true)
  view.setUint32(HEADER_CRC_OFFSET, crc32c(bytes.subarray(0, HEADER_CRC_OFFSET)), true)
  return bytes
}

/**
 * Decodes the header of a frame.
 *
 * @param bytes - at least what is left of the file, or 40 bytes
 * @returns what it says; the whole frame lies within `bytesLeft`
 * @throws CorruptionError SLUICE_CORRUPT, SLUICE_UNSUPPORTED_FORMAT with `file`, `offset`,
 * `field`, `expected` and `actual`
 * @internal
 */
export function decodeColumnFrameHeader(
  bytes: Uint8Array,
  context: ColumnFrameContext,
): ColumnFrameHeader {
  const { bytesLeft, owner, crc32c } = context
  if (bytesLeft < COLUMN_FRAME_HEADER_BYTES) {
    const expected = `at least ${COLUMN_FRAME_HEADER_BYTES} bytes`
    throw frameError(context, { field: 'header', at: 0, expected, actual: `${bytesLeft} bytes` })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, COLUMN_FRAME_HEADER_BYTES)
  const check = (field: string, at: number, expected: number, actual: number): void => {
    if (actual !== expected) throw frameError(context, { field, at, expected, actual })
  }
  const u32 = (at: number): number => view.getUint32(at, true)
  check('magic', 0, MAGIC, u32(0))
  const headerCrc = crc32c(bytes.subarray(0, HEADER_CRC_OFFSET))
  check('header crc32c', HEADER_CRC_OFFSET, headerCrc, u32(HEADER_CRC_OFFSET))
  check('version', 4, VERSION, view.getUint8(4))
  check('zero', 6, 0, view.getUint16(6, true))
  check('collection id', 8, owner.collectionId, u32(8))
  check('segment index', 12, owner.segmentIndex, u32(12))
  check('database id', 28, shortIdOf(owner.databaseId), u32(28))
  const header = { rowBase: u32(16), rowCount: u32(20), bodyLength: u32(24) }
  const kind = checkShape(context, view.getUint8(5), header)
  return { kind, ...header, bodyCrc: u32(BODY_CRC_OFFSET) }
}

/**
 * Takes the body out of a whole frame.
 *
 * @param bytes - the frame, `columnFrameBytes(header.bodyLength)` bytes
 * @returns a view
 * @throws CorruptionError SLUICE_CORRUPT with `file`, `offset`, `field`, `expected` and `actual`
 * @internal
 */
export function decodeColumnFrameBody(
  bytes: Uint8Array,
  header: ColumnFrameHeader,
  context: ColumnFrameContext,
): Uint8Array {
  const end = COLUMN_FRAME_HEADER_BYTES + header.bodyLength
  const body = bytes.subarray(COLUMN_FRAME_HEADER_BYTES, end)
  const actual = context.crc32c(body)
  if (actual !== header.bodyCrc) {
    const expected = header.bodyCrc
    throw frameError(context, { field: 'body crc32c', at: BODY_CRC_OFFSET, expected, actual })
  }
  for (let at = end; at < bytes.byteLength; at += 1) {
    if (bytes[at] === 0) continue
    throw frameError(context, { field: 'padding', at, expected: 0, actual: bytes[at] })
  }
  return body
}

/** Whether rows and lengths go together and lie within what there is. */
function checkShape(
  context: ColumnFrameContext,
  code: number,
  header: { readonly rowBase: number; readonly rowCount: number; readonly bodyLength: number },
): ColumnKind {
  const { rowBase, rowCount, bodyLength } = header
  const kind = KINDS[code]
  if (kind === undefined) {
    throw frameError(context, { field: 'kind', at: 5, expected: '1 to 4', actual: code })
  }
  if (!areRows(rowBase, rowCount)) {
    const expected = `1 to ${LIMITS.rowsPerCollectionMax - rowBase}`
    throw frameError(context, { field: 'row count', at: 20, expected, actual: rowCount })
  }
  const lengthMax = context.bytesLeft - COLUMN_FRAME_HEADER_BYTES
  const fits = columnFrameBytes(bodyLength) <= context.bytesLeft
  if (!fits || !isLengthOf(kind, rowCount, bodyLength)) {
    const expected = `that of ${rowCount} rows of ${kind}, at most ${lengthMax}`
    throw frameError(context, { field: 'body length', at: 24, expected, actual: bodyLength })
  }
  return kind
}

function areRows(rowBase: number, rowCount: number): boolean {
  return rowCount >= 1 && rowCount <= LIMITS.rowsPerCollectionMax - rowBase
}

function isLengthOf(kind: ColumnKind, rowCount: number, bodyLength: number): boolean {
  if (kind === 'u64 ids') return bodyLength === 8 * rowCount
  if (kind !== 'assigned ids') return bodyLength >= 4 * rowCount
  return bodyLength >= 16 && bodyLength % 16 === 0 && bodyLength <= 16 * rowCount
}

function shortIdOf(databaseId: Uint8Array): number {
  return new DataView(databaseId.buffer, databaseId.byteOffset, 4).getUint32(0, true)
}

function frameError(
  context: ColumnFrameContext,
  problem: { field: string; at: number; expected: unknown; actual: unknown },
): CorruptionError {
  const { field, at, expected, actual } = problem
  const { file } = context
  const offset = context.offset + at
  return new CorruptionError(
    field === 'version' ? 'SLUICE_UNSUPPORTED_FORMAT' : 'SLUICE_CORRUPT',
    `${file}: ${field} at offset ${offset} is ${String(actual)}, expected ${String(expected)}`,
    { details: { file, offset, field, expected, actual } },
  )
}
