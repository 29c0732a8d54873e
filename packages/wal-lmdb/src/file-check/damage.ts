/** How the checks of an LMDB file say what they found. Knows nothing of LMDB's structures. */

import { CorruptionError } from '@sluice/core'

/**
 * The error for a file that is not what LMDB would have written.
 *
 * @param file - the file
 * @param problem - what is wrong, as in "page 7 is missing"
 * @param offset - where, in bytes
 * @internal
 */
export function damaged(file: string, problem: string, offset: number): CorruptionError {
  const message = `The log file ${file} is damaged: ${problem}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, offset, problem } })
}

/**
 * A u64, little endian. Beyond 2^53 it is not exact, and out of every range there is.
 *
 * @internal
 */
export function readU64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 2 ** 32
}
