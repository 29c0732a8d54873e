/**
 * The question that tells a torn tail from damage: behind bytes that are no record, is there a
 * record that was written when those bytes were already known to be durable? If so, they were lost
 * after they had been acknowledged. If not, they are the end of a write that a crash cut short.
 */

import { readAt } from '../../whole-io.js'
import { nextFrame } from '../record/frame.js'
import type { DecodedHeader } from '../record/header.js'
import { parseHeader, RECORD_HEADER_BYTES } from '../record/header.js'
import type { FrameSource } from './read-frames.js'

const CHUNK_BYTES = 1024 * 1024
const MAGIC = Buffer.from('SLWR', 'latin1')

/**
 * Looks for such a record anywhere behind `source.offset`, byte by byte, because lengths in damaged
 * bytes cannot be followed.
 *
 * @param source - the file, from the bad bytes on
 * @param lsn - the record that should start at the bad bytes
 * @returns its header, or undefined when everything from `lsn` on was never known to be durable
 * @internal
 */
export async function findDurable(
  source: FrameSource,
  lsn: bigint,
): Promise<DecodedHeader | undefined> {
  const { handle, end } = source
  const overlap = RECORD_HEADER_BYTES - 1
  for (let offset = source.offset; offset < end; offset += CHUNK_BYTES) {
    const byteLength = Math.min(CHUNK_BYTES + overlap, end - offset)
    const chunk = Buffer.from((await readAt(handle, new Uint8Array(byteLength), offset)).buffer)
    for (let at = chunk.indexOf(MAGIC); at >= 0; at = chunk.indexOf(MAGIC, at + 1)) {
      const header = parseHeader(chunk, at)
      if (header instanceof Error || header.durableLsn < lsn) continue
      if (await isWhole(source, offset + at, header)) return header
    }
  }
  return undefined
}

async function isWhole(
  { handle, end, crc32c }: FrameSource,
  offset: number,
  { byteLength }: DecodedHeader,
): Promise<boolean> {
  if (offset + byteLength > end) return false
  const record = await readAt(handle, new Uint8Array(byteLength), offset)
  return nextFrame(record, 0, crc32c).status === 'ok'
}
