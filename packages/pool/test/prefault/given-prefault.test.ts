/** Prefaults by a function of the caller's. */

import { describe, expect, it } from 'vitest'
import { SlabAllocator } from '../../src/index.js'

const MIB = 1024 * 1024

/** A function that notes what it gets, does nothing for a turn, and fails while told to. */
class Recorder {
  readonly pieces: Uint8Array[] = []
  failure: Error | undefined
  atOnce = 0
  atOnceMax = 0

  readonly prefault = async (bytes: Uint8Array): Promise<void> => {
    this.pieces.push(bytes)
    this.atOnce += 1
    this.atOnceMax = Math.max(this.atOnceMax, this.atOnce)
    await new Promise(setImmediate)
    this.atOnce -= 1
    if (this.failure !== undefined) throw this.failure
  }
}

function allocatorWith(
  { prefault }: Recorder,
  backing: 'shared' | 'heap' = 'shared',
): SlabAllocator {
  return new SlabAllocator({ bytesMax: 128 * MIB, backing, prefault })
}

describe('a prefault that is given', () => {
  it('gets every byte of shared memory once, in pieces, one at a time', async () => {
    const recorder = new Recorder()
    const allocator = allocatorWith(recorder)
    const leases = [9 * MIB + 5, 1, 20 * MIB].map((length) => allocator.allocate(length))
    await Promise.all(leases.map((lease) => allocator.prefault(lease)))
    const ends = new Map<ArrayBufferLike, number>()
    let byteLength = 0
    for (const { buffer, byteOffset, length } of recorder.pieces) {
      const lease = leases.find(({ bytes }) => bytes.buffer === buffer)!
      expect(byteOffset).toBe(ends.get(buffer) ?? lease.bytes.byteOffset)
      ends.set(buffer, byteOffset + length)
      byteLength += length
      expect(length).toBeLessThanOrEqual(8 * MIB)
    }
    expect(byteLength).toBe(29 * MIB + 6)
    expect(recorder.atOnceMax).toBe(1)
    await allocator.close()
  })

  it('serves reserve() too', async () => {
    const recorder = new Recorder()
    const allocator = allocatorWith(recorder)
    await allocator.reserve(16 * MIB, 2)
    const byteLength = recorder.pieces.reduce((sum, { length }) => sum + length, 0)
    expect(byteLength).toBeGreaterThanOrEqual(32 * MIB)
    await allocator.close()
  })

  it('is not asked for memory that other threads cannot see', async () => {
    const recorder = new Recorder()
    const allocator = allocatorWith(recorder, 'heap')
    await allocator.prefault(allocator.allocate(MIB))
    expect(recorder.pieces).toEqual([])
    await allocator.close()
  })

  it('is not asked again after an abort', async () => {
    const recorder = new Recorder()
    const allocator = allocatorWith(recorder)
    const controller = new AbortController()
    const { signal } = controller
    const running = allocator.prefault(allocator.allocate(64 * MIB), { signal })
    await new Promise(setImmediate)
    const reason = new Error('no longer wanted')
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(recorder.pieces.length).toBeLessThan(4)
    await allocator.close()
  })

  it('may fail, which its caller is told and the next one does not feel', async () => {
    const recorder = new Recorder()
    const allocator = allocatorWith(recorder)
    const lease = allocator.allocate(MIB)
    recorder.failure = new Error('no pages')
    await expect(allocator.prefault(lease)).rejects.toBe(recorder.failure)
    recorder.failure = undefined
    await allocator.prefault(lease)
    await allocator.close()
  })

  it('ends with the allocator, which waits for the piece under way', async () => {
    const recorder = new Recorder()
    const allocator = allocatorWith(recorder)
    const pending = [1, 2].map(() => allocator.prefault(allocator.allocate(32 * MIB)))
    const settled = Promise.allSettled(pending)
    await new Promise(setImmediate)
    await allocator.close()
    expect(recorder.atOnce).toBe(0)
    const pieceCount = recorder.pieces.length
    for (const outcome of await settled) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SLUICE_CLOSED' } })
    }
    expect(recorder.pieces.length).toBe(pieceCount)
  })
})
