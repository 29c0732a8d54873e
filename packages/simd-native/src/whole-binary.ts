/**
 * Whether the file of a shared object is all there. The dynamic linkers of Linux map the segments
 * that an ELF file claims without a look at its size, and the process dies of SIGBUS at the first
 * page past the end. Those of macOS and Windows look, so other formats are theirs to judge.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Of the header; its fields: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
const HEADER_BYTES = 64
/** The magic number, 64 bits, little-endian. */
const IDENTITY = Buffer.from('\x7fELF\x02\x01', 'latin1')
const SEGMENT_BYTES = 56
const SEGMENT_LOADED = 1

/**
 * Says what keeps a file from being whole.
 *
 * @param path - of a file that exists
 * @returns undefined when it is whole, or of another format than ELF for 64-bit little-endian CPUs
 * @throws Error when it cannot be read
 * @internal
 */
export function whyNotWhole(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    const size = fstatSync(file).size
    const header = read(file, 0, HEADER_BYTES)
    if (header.length < HEADER_BYTES || !header.subarray(0, 6).equals(IDENTITY)) return undefined
    const needed = Math.max(endOfSections(header), endOfSegments(file, header))
    return size < needed ? `it is cut off: ${size} of ${needed} bytes` : undefined
  } finally {
    closeSync(file)
  }
}

/** Linkers write the table of sections last; it may have been stripped. */
function endOfSections(header: Buffer): number {
  return readLong(header, 0x28) + header.readUInt16LE(0x3a) * header.readUInt16LE(0x3c)
}

/** The end of the table of segments, and of those of them that are mapped. */
function endOfSegments(file: number, header: Buffer): number {
  const start = readLong(header, 0x20)
  const length = SEGMENT_BYTES * header.readUInt16LE(0x38)
  const table = read(file, start, length)
  let end = start + length
  for (let at = 0; at + SEGMENT_BYTES <= table.length; at += SEGMENT_BYTES) {
    if (table.readUInt32LE(at) !== SEGMENT_LOADED) continue
    end = Math.max(end, readLong(table, at + 8) + readLong(table, at + 32))
  }
  return end
}

function readLong(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}

/** Fewer bytes where the file ends before. */
function read(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, position))
}
