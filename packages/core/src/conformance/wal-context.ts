/** What a log is opened with in a test: a real checksum, and warnings that do not go unnoticed. */

import type { WalOpenContext } from '../contract/wal-backend.js'
import type { SluiceWarning } from '../warning.js'

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1 ? 0x82f6_3b78 : 0) ^ (crc >>> 1)
  return crc >>> 0
})

/**
 * A context for opening a log outside a database.
 *
 * @param directory - where; undefined for a log in memory
 * @param overrides - what is to be different; by default the log may be written, and a warning
 * throws
 * @public
 */
export function walContext(
  directory: string | undefined,
  overrides: Partial<WalOpenContext> = {},
): WalOpenContext {
  return { directory, readOnly: false, crc32c, warn: refuseWarning, ...overrides }
}

/**
 * CRC-32C byte by byte (RFC 3720, B.4): slow and plain, independent of every kernel.
 *
 * @internal
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}

function refuseWarning({ message, details }: SluiceWarning): never {
  throw new Error(`unexpected warning of the log: ${message}`, { cause: details })
}
