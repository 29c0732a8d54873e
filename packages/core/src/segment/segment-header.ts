/**
 * The header page of a segment file, little endian:
 *
 *     0 magic 'SLUICSEG'   8 version u32       12 collection id u32   16 database id, 16 bytes
 *    32 segment index u32  36 dtype code u32   40 dimension u32       44 stride u32
 *    48 rows per segment   52 segment bytes    56 zero                4092 crc32c of the rest
 *
 * Magic and crc32c stay where they are in every version, so damage is told from a newer format. A
 * page of zeros was never written: the file is younger than the last flush of its rows.
 */

import { type Dtype, layoutOf } from '../dtype.js'
import { CorruptionError } from '../errors.js'
import { LIMITS } from '../limits.js'

/**
 * Version of the segment format.
 *
 * @internal
 */
export const SEGMENT_FORMAT_VERSION = 1

const MAGIC = 'SLUICSEG'
const CRC_OFFSET = LIMITS.pageBytes - 4
const DATABASE_ID_OFFSET = 16
const DATABASE_ID_BYTES = 16

/**
 * What the header of a segment says.
 *
 * @internal
 */
export interface SegmentHeader {
  /** 16 bytes. */
  readonly databaseId: Uint8Array
  readonly collectionId: number
  readonly segmentIndex: number
  readonly dtype: Dtype
  readonly dimension: number
  readonly stride: number
  readonly rowsPerSegment: number
  readonly segmentBytes: number
}

/** crc32c, continuing from a seed. */
type Crc32c = (bytes: Uint8Array, seed?: number) => number

/**
 * Writes a header page.
 *
 * @param page - 4096 bytes
 * @param header - what to say
 * @param crc32c - the checksum
 * @internal
 */
export function encodeSegmentHeader(page: Uint8Array, header: SegmentHeader, crc32c: Crc32c): void {
  const view = new DataView(page.buffer, page.byteOffset, LIMITS.pageBytes)
  page.fill(0, 0, LIMITS.pageBytes)
  for (let i = 0; i < MAGIC.length; i += 1) page[i] = MAGIC.charCodeAt(i)
  view.setUint32(8, SEGMENT_FORMAT_VERSION, true)
  page.set(header.databaseId.subarray(0, DATABASE_ID_BYTES), DATABASE_ID_OFFSET)
  for (const { offset, value } of numbersOf(header)) view.setUint32(offset, value, true)
  view.setUint32(CRC_OFFSET, crc32c(page.subarray(0, CRC_OFFSET)), true)
}

/**
 * Checks a header page that was read.
 *
 * @param page - 4096 bytes
 * @param expected - what it must say
 * @param context - the file, for the message, and the checksum
 * @returns whether the page was ever written
 * @throws CorruptionError SLUICE_CORRUPT, SLUICE_UNSUPPORTED_FORMAT with `file`, `offset`,
 * `field`, `expected` and `actual`
 * @internal
 */
export function checkSegmentHeader(
  page: Uint8Array,
  expected: SegmentHeader,
  context: { readonly file: string; readonly crc32c: Crc32c },
): boolean {
  if (page.every((byte) => byte === 0)) return false
  const { file, crc32c } = context
  const view = new DataView(page.buffer, page.byteOffset, LIMITS.pageBytes)
  const check = (field: string, offset: number, wanted: unknown, actual: unknown): void => {
    if (wanted !== actual) throw headerError(file, { field, offset, expected: wanted, actual })
  }
  check('magic', 0, MAGIC, String.fromCharCode(...page.subarray(0, MAGIC.length)))
  const crc = crc32c(page.subarray(0, CRC_OFFSET))
  check('crc32c', CRC_OFFSET, crc, view.getUint32(CRC_OFFSET, true))
  check('version', 8, SEGMENT_FORMAT_VERSION, view.getUint32(8, true))
  const databaseId = page.subarray(DATABASE_ID_OFFSET, DATABASE_ID_OFFSET + DATABASE_ID_BYTES)
  check('database id', DATABASE_ID_OFFSET, hex(expected.databaseId), hex(databaseId))
  for (const { field, offset, value } of numbersOf(expected)) {
    check(field, offset, value, view.getUint32(offset, true))
  }
  return true
}

function numbersOf(header: SegmentHeader): { field: string; offset: number; value: number }[] {
  return [
    { field: 'collection id', offset: 12, value: header.collectionId },
    { field: 'segment index', offset: 32, value: header.segmentIndex },
    { field: 'dtype code', offset: 36, value: layoutOf(header.dtype).code },
    { field: 'dimension', offset: 40, value: header.dimension },
    { field: 'stride', offset: 44, value: header.stride },
    { field: 'rows per segment', offset: 48, value: header.rowsPerSegment },
    { field: 'segment bytes', offset: 52, value: header.segmentBytes },
  ]
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function headerError(
  file: string,
  details: { field: string; offset: number; expected: unknown; actual: unknown },
): CorruptionError {
  const { field, offset, expected, actual } = details
  return new CorruptionError(
    field === 'version' ? 'SLUICE_UNSUPPORTED_FORMAT' : 'SLUICE_CORRUPT',
    `${file}: ${field} at offset ${offset} is ${String(actual)}, expected ${String(expected)}`,
    { details: { file, ...details } },
  )
}
