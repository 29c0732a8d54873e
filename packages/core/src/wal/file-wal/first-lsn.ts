/**
 * The mark of where a log logically starts, in a file of its own: files can only be dropped whole,
 * but forgetting has to be exact. The mark is replaced before any file is removed, so a crash in
 * between leaves files that the next opening removes. 20 bytes, little endian:
 *
 *     0 magic u32 'SLWM' | 4 version u8 | 5 zero, 3 bytes | 8 firstLsn u64 | 16 crc32c u32
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../durable-file.js'
import { CorruptionError } from '../../errors.js'
import { ifThere } from '../../if-there.js'

const FILE_NAME = 'first-lsn'
const BYTE_LENGTH = 20
/** 'SLWM' as a little-endian u32. */
const MAGIC = 0x4d57_4c53
const VERSION = 1

/**
 * Where the log in `directory` starts: 1 when nothing was ever forgotten.
 *
 * @throws `SLUICE_CORRUPT` when the mark is damaged
 * @internal
 */
export async function readFirstLsn(
  directory: string,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): Promise<bigint> {
  const file = join(directory, FILE_NAME)
  const bytes = await ifThere(() => readFile(file))
  if (bytes === undefined) return 1n
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length !== BYTE_LENGTH || view.getUint32(0, true) !== MAGIC) throw damaged(file)
  const version = view.getUint8(4)
  if (version !== VERSION) {
    const message = `Version ${version} of ${file} is not ${VERSION}, the one this release reads`
    throw new CorruptionError('SLUICE_UNSUPPORTED_FORMAT', message, { details: { file, version } })
  }
  if (view.getUint32(16, true) !== crc32c(bytes.subarray(0, 16))) throw damaged(file)
  return view.getBigUint64(8, true)
}

/**
 * Moves the start of the log, durably.
 *
 * @internal
 */
export async function writeFirstLsn(
  directory: string,
  firstLsn: bigint,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): Promise<void> {
  const bytes = new Uint8Array(BYTE_LENGTH)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint8(4, VERSION)
  view.setBigUint64(8, firstLsn, true)
  view.setUint32(16, crc32c(bytes.subarray(0, 16)), true)
  await replaceFile(join(directory, FILE_NAME), bytes)
}

function damaged(file: string): CorruptionError {
  const message = `The start mark of the log is damaged: ${file}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, offset: 0 } })
}
