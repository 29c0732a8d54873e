/** How fast the disk is without a database on it: what a database's throughput is to be held to. */
import { constants } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SlabAllocator } from '@sluice/pool'

const BLOCK_BYTES = 4 * 1024 * 1024
const BLOCK_COUNT = 16

/** A measured limit. */
export interface RawDisk {
  readonly bytes: number
  readonly bytesPerSecond: number
  /** Whether the writes went past the page cache (O_DIRECT). */
  readonly isDirect: boolean
}

/** Writes 64 MiB in blocks of 4 MiB to a file in a directory, and syncs. */
export async function measureRawDisk(directory: string): Promise<RawDisk> {
  const path = join(directory, 'raw-disk')
  // Undefined where the platform has none, whatever the types say.
  const direct: number | undefined = constants.O_DIRECT
  try {
    return await measure(path, direct ?? 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error
    return await measure(path, 0)
  } finally {
    await rm(path)
  }
}

async function measure(path: string, directFlag: number): Promise<RawDisk> {
  // Direct writes want memory that starts on a page; an ordinary Buffer need not.
  const allocator = new SlabAllocator({ bytesMax: 2 * BLOCK_BYTES })
  const block = allocator.allocate(BLOCK_BYTES, { alignment: 4096, zero: true })
  const handle = await open(path, constants.O_CREAT | constants.O_WRONLY | directFlag)
  try {
    const startedAt = performance.now()
    const positions = Array.from({ length: BLOCK_COUNT }, (_, i) => i * BLOCK_BYTES)
    await Promise.all(positions.map((at) => handle.write(block.bytes, 0, BLOCK_BYTES, at)))
    await handle.datasync()
    const seconds = (performance.now() - startedAt) / 1000
    const bytes = BLOCK_BYTES * BLOCK_COUNT
    return { bytes, bytesPerSecond: bytes / seconds, isDirect: directFlag !== 0 }
  } finally {
    await handle.close()
    block.release()
    await allocator.close()
  }
}
