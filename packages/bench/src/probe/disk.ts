/**
 * The raw limit of a disk, measured the way a good writer would write: 4 MiB writes past the page
 * cache, a few under way, into a fresh file of known length, and one sync at the end. Where direct
 * writes are refused they are buffered, and the result says so.
 */

import { constants } from 'node:fs'
import { type FileHandle, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { SlabAllocator } from '@sluice/pool'
import { Random } from '../vectors/random.js'
import { openDirect } from './open-direct.js'

const PAGE_BYTES = 4096
const WRITE_BYTES = 4 * 1024 * 1024
const WRITES_UNDER_WAY = 4
/** A gigabyte, more than a disk keeps in a cache of its own. */
const PACE_LAPS = 64
const MEGABYTE = 1e6

/**
 * What a disk can do.
 *
 * @internal
 */
export interface DiskSpeed {
  /** MB/s. */
  readonly throughput: number
  /** Whether writes went past the page cache. */
  readonly direct: boolean
}

/**
 * Measures sequential writes with a sync at the end.
 *
 * @param directory - an existing folder; the file is removed again
 * @param byteLength - how much to write, rounded up to 4 MiB
 * @internal
 */
export async function probeDisk(directory: string, byteLength: number): Promise<DiskSpeed> {
  const writeCount = Math.max(1, Math.ceil(byteLength / WRITE_BYTES))
  return withProbeFile(
    directory,
    WRITE_BYTES * WRITES_UNDER_WAY,
    async ({ file, bytes, direct }) => {
      await file.truncate(writeCount * WRITE_BYTES)
      let next = 0
      const startMs = performance.now()
      const writer = async (lane: number): Promise<void> => {
        const from = lane * WRITE_BYTES
        for (let index = next++; index < writeCount; index = next++) {
          await writeFully(file, bytes.subarray(from, from + WRITE_BYTES), index * WRITE_BYTES)
        }
      }
      await Promise.all(Array.from({ length: WRITES_UNDER_WAY }, (_, lane) => writer(lane)))
      await file.datasync()
      const seconds = (performance.now() - startMs) / 1000
      return { throughput: (writeCount * WRITE_BYTES) / MEGABYTE / seconds, direct }
    },
  )
}

/**
 * Measures how evenly a disk takes writes: two writers fill a file over and over, four writes and a
 * sync at a time, so that one writes while the other syncs.
 *
 * @param directory - an existing folder; the file is removed again
 * @param grid - windows, and how long they are
 * @returns MB/s of each window: what was synced in it
 * @internal
 */
export async function probeDiskPace(
  directory: string,
  { windowMs, count }: { readonly windowMs: number; readonly count: number },
): Promise<number[]> {
  const lapBytes = WRITE_BYTES * WRITES_UNDER_WAY
  return withProbeFile(directory, lapBytes, async ({ file, bytes }) => {
    await file.truncate(PACE_LAPS * lapBytes)
    const windows = new Array<number>(count).fill(0)
    let lap = 0
    const startMs = performance.now()
    const windowAt = (): number => Math.floor((performance.now() - startMs) / windowMs)
    const writer = async (): Promise<void> => {
      while (windowAt() < count) {
        const position = (lap++ % PACE_LAPS) * lapBytes
        const pieces = Array.from({ length: WRITES_UNDER_WAY }, (_, i) => i * WRITE_BYTES)
        await Promise.all(
          pieces.map((at) => writeFully(file, bytes.subarray(at, at + WRITE_BYTES), position + at)),
        )
        await file.datasync()
        const window = windowAt()
        if (window < count) windows[window]! += lapBytes / MEGABYTE / (windowMs / 1000)
      }
    }
    await Promise.all([writer(), writer()])
    return windows
  })
}

/**
 * Measures how long one page takes to become durable: written, then synced, one after the other.
 *
 * @param directory - an existing folder; the file is removed again
 * @param count - how many pages
 * @returns milliseconds, one per page
 * @internal
 */
export async function probeSync(directory: string, count: number): Promise<Float64Array> {
  return withProbeFile(directory, PAGE_BYTES, async ({ file, bytes }) => {
    await file.truncate(count * PAGE_BYTES)
    const latenciesMs = new Float64Array(count)
    for (let index = 0; index < count; index++) {
      const startMs = performance.now()
      await writeFully(file, bytes, index * PAGE_BYTES)
      await file.datasync()
      latenciesMs[index] = performance.now() - startMs
    }
    return latenciesMs
  })
}

interface ProbeFile {
  readonly file: FileHandle
  /** Aligned, touched and not zero: some disks take zeros for nothing. */
  readonly bytes: Uint8Array
  readonly direct: boolean
}

async function withProbeFile<T>(
  directory: string,
  bufferBytes: number,
  task: (probe: ProbeFile) => Promise<T>,
): Promise<T> {
  const path = join(directory, 'disk-probe')
  const allocator = new SlabAllocator({ bytesMax: 2 * bufferBytes + WRITE_BYTES })
  const lease = allocator.allocate(bufferBytes, { alignment: PAGE_BYTES })
  const random = new Random(1)
  const words = new Uint32Array(lease.bytes.buffer, lease.bytes.byteOffset, bufferBytes / 4)
  for (let i = 0; i < words.length; i++) words[i] = random.word()
  let file: FileHandle | undefined
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
    const opened = await openDirect(path, flags)
    file = opened.file
    return await task({ ...opened, bytes: lease.bytes })
  } finally {
    await file?.close()
    await unlink(path).catch((error: unknown) => {
      if (file) throw error
    })
    lease.release()
    await allocator.close()
  }
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done)
    if (bytesWritten === 0) throw new Error(`a write of the disk probe took 0 bytes at ${position}`)
    done += bytesWritten
  }
}
