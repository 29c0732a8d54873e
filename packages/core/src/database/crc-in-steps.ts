/** Checksums of many bytes in steps that leave the event loop room. */

import { TimeSlice } from '../time-slice.js'

/** Bytes per call of the checksum kernel. */
const STEP_BYTES = 256 * 1024

/**
 * crc32c, continuing from a seed.
 *
 * @internal
 */
export type Crc32c = (bytes: Uint8Array, seed?: number) => number

/**
 * The crc32c of bytes that nobody changes meanwhile.
 *
 * @internal
 */
export async function crcInSteps(crc32c: Crc32c, bytes: Uint8Array, seed = 0): Promise<number> {
  const slice = new TimeSlice()
  let crc = seed
  for (let from = 0; from < bytes.byteLength; from += STEP_BYTES) {
    crc = crc32c(bytes.subarray(from, from + STEP_BYTES), crc)
    if (slice.isOver()) await slice.next()
  }
  return crc
}
