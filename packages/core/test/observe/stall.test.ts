/** Timings and stalls of a real database, under a clock that only the test moves. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type DatabaseEvents, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { busyWal } from './busy-wal.js'

const SCHEMA = { dimension: 64, index: { type: 'flat' } } as const
const ROWS = 256

/** Stops the clock of the process; returns what moves it. */
function stopClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  return (ms) => vi.advanceTimersByTime(ms)
}

function vectors(rows = ROWS): Float32Array {
  return new Float32Array(rows * SCHEMA.dimension).fill(1)
}

describe('the timings of a database', () => {
  it('count writes, pieces of an ingest and deletes, and what they do on disk', async () => {
    const database = await open({ path: await temporaryDirectory() })
    const docs = await database.collection('docs', SCHEMA)
    const before = database.stats().timings
    expect(before.write.count).toBe(0)
    await docs.add({ ids: [1], vectors: vectors(1) })
    await docs.ingest([{ ids: Array.from({ length: ROWS }, (_, i) => i), vectors: vectors() }])
    await docs.delete({ ids: [1] })
    await docs.delete({ ids: [1] })
    await expect(docs.add({ ids: [2], vectors: vectors(1) })).rejects.toThrow()
    const { write, queueWait, logAppend } = database.stats().timings
    expect(write.count).toBe(4)
    expect(queueWait.count).toBe(5)
    expect(logAppend.count).toBe(before.logAppend.count + 4)
    expect(write.totalMs).toBeGreaterThanOrEqual(write.maxMs)
    await database.flush()
    await database.checkpoint()
    const { segmentWrite, segmentSync } = database.stats().timings
    const { bytesWritten, syncCount } = docs.stats().vectors
    expect(bytesWritten).toBeGreaterThan(0)
    expect(segmentWrite.count).toBeGreaterThan(0)
    expect(segmentSync.count).toBe(syncCount)
    await database.close()
  })
})

describe('a stall of a database', () => {
  it('is told of a log append and of a write that waited in the queue', async () => {
    const advance = stopClock()
    let delayMs = 0
    const database = await open({ wal: busyWal(() => advance(delayMs)), queueBytesMax: 70_000 })
    const stalls: DatabaseEvents['stall'][] = []
    database.on('stall', (event) => stalls.push(event))
    const heard: unknown[] = []
    const onMessage = (message: unknown): void => {
      heard.push(message)
    }
    subscribe('sluice:stall', onMessage)
    onTestFinished(() => {
      unsubscribe('sluice:stall', onMessage)
    })
    const docs = await database.collection('docs', SCHEMA)
    await docs.add({ vectors: vectors() })
    expect(stalls).toEqual([])
    delayMs = 1500
    // There is room for one at a time.
    await Promise.all([docs.add({ vectors: vectors() }), docs.add({ vectors: vectors() })])
    expect(stalls).toEqual([
      { what: 'logAppend', durationMs: 1500 },
      { what: 'queueWait', durationMs: 1500 },
      { what: 'logAppend', durationMs: 1500 },
    ])
    expect(heard).toEqual(stalls)
    expect(database.stats().timings.write).toMatchObject({ count: 3, totalMs: 4500, maxMs: 3000 })
    await database.close()
  })

  it('is told of the write and the sync of a segment file', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path })
    const docs = await database.collection('docs', SCHEMA)
    const stalls: DatabaseEvents['stall'][] = []
    database.on('stall', (event) => stalls.push(event))
    const handle = await openFile(join(path, 'other'), 'w')
    const prototype: typeof handle = Object.getPrototypeOf(handle)
    await handle.close()
    const advance = stopClock()
    const { datasync, write } = prototype
    const delays = { write: 0, sync: 0 }
    const syncs = vi.spyOn(prototype, 'datasync').mockImplementation(function (
      this: typeof handle,
    ) {
      advance(delays.sync)
      return datasync.call(this)
    })
    const writes = vi.spyOn(prototype, 'write').mockImplementation(function (
      this: typeof handle,
      ...args: Parameters<typeof write>
    ) {
      advance(delays.write)
      return write.apply(this, args)
    } as typeof write)
    onTestFinished(() => {
      syncs.mockRestore()
      writes.mockRestore()
    })
    delays.sync = 1200
    await docs.add({ vectors: vectors(2 * ROWS) })
    expect(stalls).toContainEqual({ what: 'segmentSync', durationMs: 1200 })
    expect(stalls.map(({ what }) => what)).not.toContain('segmentWrite')
    delays.sync = 0
    delays.write = 1300
    await docs.add({ vectors: vectors(2 * ROWS) })
    expect(stalls).toContainEqual({ what: 'segmentWrite', durationMs: 1300 })
    await database.close()
  })
})
