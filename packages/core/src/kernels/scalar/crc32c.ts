/**
 * CRC-32C (Castagnoli) in plain JavaScript: slicing-by-16, reading four little-endian words a step.
 * The table for byte j of a 16-byte step advances that byte's remainder past the bytes after it.
 * Polynomial 0x1EDC6F41, reflected 0x82F63B78, initial and final value inverted (RFC 3720, B.4).
 */

const POLYNOMIAL = 0x82f63b78
const STEP_BYTES = 16
/** Below this many bytes, the views that a step needs cost more than they save. */
const SHORT_BYTES = 64

/** `TABLES[t * 256 + b]`: the remainder of byte b followed by t zero bytes. */
const TABLES: Int32Array = buildTables()

/**
 * CRC-32C of bytes. Chains: `crc32c(b, crc32c(a))` is the checksum of a followed by b.
 *
 * @param bytes - any bytes, at any offset, shared memory included
 * @param seed - the checksum of the bytes before these; 0 at the start
 * @returns an unsigned 32-bit integer
 * @public
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const { length } = bytes
  if (length < SHORT_BYTES) return ~updateBytes(bytes, 0, length, ~seed) >>> 0
  const head = (4 - (bytes.byteOffset & 3)) & 3
  let crc = updateBytes(bytes, 0, head, ~seed)
  const steps = Math.floor((length - head) / STEP_BYTES)
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, steps * 4)
  crc = updateSteps(words, crc)
  return ~updateBytes(bytes, head + steps * STEP_BYTES, length, crc) >>> 0
}

function updateBytes(bytes: Uint8Array, from: number, to: number, start: number): number {
  let crc = start
  for (let i = from; i < to; i++) crc = TABLES[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  return crc
}

function updateSteps(words: Int32Array, start: number): number {
  const table = TABLES
  let crc = start
  for (let i = 0; i + 3 < words.length; i += 4) {
    const a = words[i]! ^ crc
    const b = words[i + 1]!
    const c = words[i + 2]!
    const d = words[i + 3]!
    crc =
      table[3840 + (a & 255)]! ^
      table[3584 + ((a >>> 8) & 255)]! ^
      table[3328 + ((a >>> 16) & 255)]! ^
      table[3072 + (a >>> 24)]! ^
      table[2816 + (b & 255)]! ^
      table[2560 + ((b >>> 8) & 255)]! ^
      table[2304 + ((b >>> 16) & 255)]! ^
      table[2048 + (b >>> 24)]! ^
      table[1792 + (c & 255)]! ^
      table[1536 + ((c >>> 8) & 255)]! ^
      table[1280 + ((c >>> 16) & 255)]! ^
      table[1024 + (c >>> 24)]! ^
      table[768 + (d & 255)]! ^
      table[512 + ((d >>> 8) & 255)]! ^
      table[256 + ((d >>> 16) & 255)]! ^
      table[d >>> 24]!
  }
  return crc
}

function buildTables(): Int32Array {
  const tables = new Int32Array(STEP_BYTES * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1 ? POLYNOMIAL : 0) ^ (crc >>> 1)
    tables[byte] = crc
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!
    tables[i] = tables[before & 255]! ^ (before >>> 8)
  }
  return tables
}
