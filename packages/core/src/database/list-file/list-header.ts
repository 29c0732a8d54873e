/**
 * The first 128 bytes of a list file, little endian; zero where nothing is said:
 *
 *     0 magic 'SLUICLST'    8 version u32     12 collection id u32  16 database id, 16 bytes
 *    32 lsn u64            40 dtype u32       44 metric u32         48 dimension u32
 *    52 row count u32      56 clustered rows  60 alive rows u32     64 lists u32
 *    68 lists per row u32  72 plans u32       76 row queries u32    80 user queries u32
 *    84 blocks u32         88 crc32c of each of the four parts      124 crc32c of the rest
 *
 * Magic and crc32c stay where they are in every version.
 */

import { DTYPES, layoutOf } from '../../dtype.js'
import { CorruptionError } from '../../errors.js'
import type { RowShape } from '../../index/code-space.js'
import { METRICS } from '../../metric.js'
import type { Crc32c } from '../crc-in-steps.js'

/** Bytes of the header. @internal */
export const LIST_HEADER_BYTES = 128

const MAGIC = 'SLUICLST'
const VERSION = 3
const DATABASE_ID_AT = 16
const DATABASE_ID_BYTES = 16
const LSN_AT = 32
const ZEROS_AT = 104
const CRC_AT = 124

/** The u32 numbers, and where they are. */
const NUMBERS = {
  collectionId: 12,
  dimension: 48,
  rowCount: 52,
  clusteredRows: 56,
  aliveRows: 60,
  listCount: 64,
  listsPerRow: 68,
  planCount: 72,
  rowQueries: 76,
  userQueries: 80,
  blockCount: 84,
  tablesCrc: 88,
  centroidsCrc: 92,
  centroidBlocksCrc: 96,
  blocksCrc: 100,
} as const

/**
 * What a list file says of itself.
 *
 * @internal
 */
export interface ListHeader
  extends RowShape,
    Readonly<Record<Exclude<keyof typeof NUMBERS, 'dimension'>, number>> {
  /** 16 bytes. */
  readonly databaseId: Uint8Array
  /** All that the lists were made of is durable with this record. */
  readonly lsn: bigint
}

/**
 * What a number of a list file should be.
 *
 * @internal
 */
export interface ListFileFault {
  readonly field: string
  readonly expected: unknown
  readonly actual: unknown
  /** Where in the file. Default 0. */
  readonly offset?: number
}

/**
 * The header as bytes.
 *
 * @internal
 */
export function encodeListHeader(header: ListHeader, crc32c: Crc32c): Uint8Array {
  const bytes = new Uint8Array(LIST_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i)
  view.setUint32(8, VERSION, true)
  bytes.set(header.databaseId.subarray(0, DATABASE_ID_BYTES), DATABASE_ID_AT)
  view.setBigUint64(LSN_AT, header.lsn, true)
  view.setUint32(40, layoutOf(header.dtype).code, true)
  view.setUint32(44, METRICS.indexOf(header.metric), true)
  for (const name of numberNames()) view.setUint32(NUMBERS[name], header[name], true)
  view.setUint32(CRC_AT, crc32c(bytes.subarray(0, CRC_AT)), true)
  return bytes
}

/**
 * The header from bytes. Only its form is checked.
 *
 * @param bytes - the beginning of the file; fewer than 128 where it has no more
 * @throws CorruptionError `SLUICE_CORRUPT`; `SLUICE_UNSUPPORTED_FORMAT` for another version
 * @internal
 */
export function decodeListHeader(bytes: Uint8Array, file: string, crc32c: Crc32c): ListHeader {
  const check = (field: string, offset: number, expected: unknown, actual: unknown): void => {
    if (expected !== actual) throw listFileFault(file, { field, offset, expected, actual })
  }
  check('bytes of the header', 0, LIST_HEADER_BYTES, bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, LIST_HEADER_BYTES)
  check('magic', 0, MAGIC, String.fromCharCode(...bytes.subarray(0, MAGIC.length)))
  check('crc32c', CRC_AT, crc32c(bytes.subarray(0, CRC_AT)), view.getUint32(CRC_AT, true))
  check('version', 8, VERSION, view.getUint32(8, true))
  const dtype = DTYPES[view.getUint32(40, true)]
  const metric = METRICS[view.getUint32(44, true)]
  if (dtype === undefined) check('dtype code', 40, 'a known one', view.getUint32(40, true))
  if (metric === undefined) check('metric code', 44, 'a known one', view.getUint32(44, true))
  const isZero = bytes.subarray(ZEROS_AT, CRC_AT).every((byte) => byte === 0)
  check('zeros', ZEROS_AT, true, isZero)
  const numbers = numberNames().map((name) => [name, view.getUint32(NUMBERS[name], true)])
  return {
    ...(Object.fromEntries(numbers) as Readonly<Record<keyof typeof NUMBERS, number>>),
    dtype: dtype!,
    metric: metric!,
    databaseId: bytes.slice(DATABASE_ID_AT, DATABASE_ID_AT + DATABASE_ID_BYTES),
    lsn: view.getBigUint64(LSN_AT, true),
  }
}

/**
 * The error for a list file that cannot be right, or not here.
 *
 * @internal
 */
export function listFileFault(file: string, fault: ListFileFault): CorruptionError {
  const { field, expected, actual, offset = 0 } = fault
  return new CorruptionError(
    field === 'version' ? 'SLUICE_UNSUPPORTED_FORMAT' : 'SLUICE_CORRUPT',
    `${file}: ${field} is ${String(actual)}, expected ${String(expected)}`,
    { details: { file, field, offset, expected, actual } },
  )
}

function numberNames(): (keyof typeof NUMBERS)[] {
  return Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]
}
