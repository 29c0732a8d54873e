/**
 * Brings segments back from their files: several at once, each into its slab in large direct reads.
 * A read of many pages into fresh memory spends half its time on faults inside the kernel, beside
 * which the disk works on the pages before; several in flight keep it busy over the gaps. More
 * reads than libuv has threads (4) are asked for, so that no thread waits for the event loop.
 */

import type { RestoreOptions } from '../contract/index.js'
import type { Warn } from '../warning.js'
import { runAtOnce } from './at-once.js'
import { guardFile } from './guard-file.js'
import { type ReadSegmentOptions, readSegment } from './read-segment.js'
import { checkSegmentHeader, type SegmentHeader } from './segment-header.js'
import { byteOfRow, type SegmentLayout } from './segment-layout.js'

/** Reads under way over all segments. */
const READS_MAX = 8

/**
 * What to bring back.
 *
 * @internal
 */
export interface RestoreSegmentsOptions {
  readonly source: Pick<ReadSegmentOptions, 'directory' | 'io' | 'readOnly'>
  readonly layout: SegmentLayout
  readonly rowCount: number
  /** Segments that are left out, and whom to tell. */
  readonly restore: RestoreOptions
  /** The slab of a segment. */
  readonly imageOf: (index: number) => Uint8Array
  /** What the header page of a segment must say. */
  readonly headerOf: (index: number) => SegmentHeader
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
  readonly warn: Warn
}

/**
 * How far a segment was found in its file.
 *
 * @internal
 */
export interface RestoredSegment {
  readonly index: number
  /** Where its rows end. */
  readonly toByte: number
  /** Where the bytes end that were found, as a prefix of `toByte`; the rest is zero. */
  readonly foundBytes: number
}

/**
 * Fills slabs from their files.
 *
 * @throws StorageError, CorruptionError with `file`; no read is under way any more then
 * @internal
 */
export async function restoreSegments(
  options: RestoreSegmentsOptions,
): Promise<readonly RestoredSegment[]> {
  const { layout, rowCount, restore } = options
  const indexes: number[] = []
  for (let index = 0; index * layout.rowsPerSegment < rowCount; index += 1) {
    if (restore.freedSegments?.has(index) !== true) indexes.push(index)
  }
  const segmentsAtOnce = Math.min(indexes.length, READS_MAX)
  const readsAtOnce = Math.ceil(READS_MAX / segmentsAtOnce)
  const restored: RestoredSegment[] = []
  let bytes = 0
  await runAtOnce({ count: indexes.length, atOnce: segmentsAtOnce }, async (at) => {
    const index = indexes[at] ?? 0
    const toByte = byteOfRow(layout, index, rowCount)
    const foundBytes = await restoreSegment(options, { index, toByte, readsAtOnce })
    restored.push({ index, toByte, foundBytes })
    bytes += toByte - layout.headerBytes
    restore.onProgress?.(bytes)
  })
  return restored
}

async function restoreSegment(
  options: RestoreSegmentsOptions,
  part: Pick<ReadSegmentOptions, 'index' | 'toByte' | 'readsAtOnce'>,
): Promise<number> {
  const { source, layout, crc32c, warn } = options
  const { index, toByte } = part
  const file = source.directory.fileOf(index)
  const image = options.imageOf(index)
  const found = await guardFile('read', file, () => readSegment({ ...source, ...part, image }))
  const page = image.subarray(0, layout.headerBytes)
  const written = checkSegmentHeader(page, options.headerOf(index), { file, crc32c })
  const foundBytes = written ? found : 0
  // A file in use for the second time may hold rows of its first owner behind a blank page.
  if (!written) image.fill(0, 0, toByte)
  if (foundBytes < toByte) {
    warn({
      code: 'SLUICE_WARN_SEGMENT_SHORT',
      message: `${file} is missing, was never flushed, or is not as long as its rows`,
      details: { file, expected: toByte, actual: foundBytes },
    })
  }
  return foundBytes
}
