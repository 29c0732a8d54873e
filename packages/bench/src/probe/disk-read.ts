/**
 * The raw limit of reading files from a disk: 16 MiB reads past the page cache, a few under way,
 * into memory that has been touched. Where direct reads are refused they are buffered, and the
 * result says so.
 */

import { constants } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { SlabAllocator } from '@sluice/pool'
import type { DiskSpeed } from './disk.js'
import { type DirectFile, openDirect } from './open-direct.js'

const PAGE_BYTES = 4096
const READ_BYTES = 16 * 1024 * 1024
const READS_UNDER_WAY = 4
const BUFFER_BYTES = READ_BYTES * READS_UNDER_WAY
const BLOCK_BYTES = 512
const MEGABYTE = 1e6

/** A part of a file. */
interface ReadRange {
  readonly source: DirectFile
  readonly position: number
  readonly byteLength: number
}

/**
 * Measures reading files one after the other, to the end of what is allocated of each.
 *
 * @returns undefined when there is nothing to read
 * @internal
 */
export async function probeDiskRead(paths: readonly string[]): Promise<DiskSpeed | undefined> {
  const allocator = new SlabAllocator({ bytesMax: 2 * BUFFER_BYTES })
  const lease = allocator.allocate(BUFFER_BYTES, { alignment: PAGE_BYTES })
  const sources: DirectFile[] = []
  try {
    const bytes = lease.bytes.subarray(0, BUFFER_BYTES).fill(1)
    for (const path of paths) sources.push(await openDirect(path, constants.O_RDONLY))
    const ranges = (await Promise.all(sources.map(rangesOf))).flat()
    if (ranges.length === 0) return undefined
    const startMs = performance.now()
    const byteLength = await readAll(ranges, bytes)
    const seconds = (performance.now() - startMs) / 1000
    const direct = sources.every((source) => source.direct)
    return { throughput: byteLength / MEGABYTE / seconds, direct }
  } finally {
    await Promise.all(sources.map(({ file }) => file.close()))
    lease.release()
    await allocator.close()
  }
}

async function rangesOf(source: DirectFile): Promise<ReadRange[]> {
  const { size, blocks } = await source.file.stat()
  const end = Math.min(size, blocks * BLOCK_BYTES)
  return Array.from({ length: Math.ceil(end / READ_BYTES) }, (_, index) => {
    const position = index * READ_BYTES
    const byteLength = Math.min(READ_BYTES, Math.ceil((end - position) / PAGE_BYTES) * PAGE_BYTES)
    return { source, position, byteLength }
  })
}

async function readAll(ranges: readonly ReadRange[], buffer: Uint8Array): Promise<number> {
  let next = 0
  let byteLength = 0
  const read = async (lane: number): Promise<void> => {
    for (let range = ranges[next++]; range; range = ranges[next++]) {
      const { file } = range.source
      const offset = lane * READ_BYTES
      const { bytesRead } = await file.read(buffer, offset, range.byteLength, range.position)
      byteLength += bytesRead
    }
  }
  await Promise.all(Array.from({ length: READS_UNDER_WAY }, (_, lane) => read(lane)))
  return byteLength
}
