import { BufferPool, SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Durability, VectorStore, WalBackend, WalRecord } from '../../src/contract/index.js'
import { type SluiceError, StorageError } from '../../src/errors.js'
import type { Commit } from '../../src/ingest/commit.js'
import { CommitLog } from '../../src/ingest/commit-log.js'
import { crc32c } from '../../src/kernels/scalar/crc32c.js'
import { memoryWal } from '../../src/wal/memory-wal.js'
import { decodeRecord } from '../../src/wal/record/decode.js'

/** A commit that notes what happens to it. */
class NotedCommit implements Commit {
  readonly entry
  readonly durability: Durability
  readonly history: string[]

  constructor(id: number, history: string[], durability: Durability = 'disk') {
    this.entry = { kind: 'drop' as const, collectionId: id }
    this.durability = durability
    this.history = history
  }

  apply(): void {
    this.history.push(`apply ${this.entry.collectionId}`)
  }

  undo(applied: boolean): void {
    this.history.push(`undo ${this.entry.collectionId} ${applied ? 'applied' : 'pending'}`)
  }
}

/** An open memory log whose appends can be made to fail, and which counts them. */
class ProbedWal implements WalBackend {
  readonly inner: WalBackend
  readonly appends: { count: number; durability: Durability }[] = []
  failFrom = Number.POSITIVE_INFINITY
  /** Appends wait for it before they succeed. */
  gate: Promise<void> = Promise.resolve()

  constructor(inner: WalBackend) {
    this.inner = inner
  }

  get capabilities() {
    return this.inner.capabilities
  }

  append(records: readonly WalRecord[], options: { durability: Durability }) {
    this.appends.push({ count: records.length, durability: options.durability })
    if (this.appends.length > this.failFrom) {
      return Promise.reject(new StorageError('SLUICE_IO', 'the disk is gone'))
    }
    return this.gate.then(() => this.inner.append(records, options))
  }

  read(fromLsn: bigint) {
    return this.inner.read(fromLsn)
  }

  truncateBefore(lsn: bigint) {
    return this.inner.truncateBefore(lsn)
  }

  truncateAfter(lsn: bigint) {
    return this.inner.truncateAfter(lsn)
  }

  stats() {
    return this.inner.stats()
  }

  close() {
    return this.inner.close()
  }
}

async function openLog(): Promise<{ log: CommitLog; wal: ProbedWal; poisons: SluiceError[] }> {
  const inner = await memoryWal().open({
    directory: undefined,
    readOnly: false,
    crc32c,
    warn: () => undefined,
  })
  const wal = new ProbedWal(inner)
  const poisons: SluiceError[] = []
  const allocator = new SlabAllocator({ bytesMax: 64 * 1024 * 1024, backing: 'heap' })
  const log = new CommitLog({
    wal,
    buffers: new BufferPool({ allocator }),
    crc32c,
    lastLsn: 0n,
    epoch: 1,
    databaseTag: 0,
    onPoisoned: (error) => poisons.push(error),
  })
  return { log, wal, poisons }
}

describe('CommitLog', () => {
  it('numbers, records and applies writes in the order they were submitted', async () => {
    const { log, wal } = await openLog()
    const history: string[] = []
    const lsns = await Promise.all([1, 2, 3].map((id) => log.submit(new NotedCommit(id, history))))
    expect(lsns).toEqual([1n, 2n, 3n])
    expect(history).toEqual(['apply 1', 'apply 2', 'apply 3'])
    const recorded: number[] = []
    for await (const { bytes } of wal.read(1n)) {
      recorded.push(decodeRecord(bytes, crc32c).entry.collectionId)
    }
    expect(recorded).toEqual([1, 2, 3])
  })

  it('puts writes of one turn of the event loop into one append', async () => {
    const { log, wal } = await openLog()
    await Promise.all(
      Array.from({ length: 64 }, (_, id) => log.submit(new NotedCommit(id + 1, []))),
    )
    expect(wal.appends).toEqual([{ count: 64, durability: 'disk' }])
    expect(log.stats()).toMatchObject({ groups: 1, records: 64, durableLsn: 64n })
  })

  it('keeps visible and durable apart until a sync', async () => {
    const { log } = await openLog()
    await log.submit(new NotedCommit(1, [], 'memory'))
    expect(log.stats()).toMatchObject({ visibleLsn: 1n, durableLsn: 0n })
    expect(await log.sync()).toBe(1n)
    expect(log.stats()).toMatchObject({ visibleLsn: 1n, durableLsn: 1n })
  })

  it('undoes all that is not durable after a failed append, and refuses more', async () => {
    const { log, wal, poisons } = await openLog()
    const history: string[] = []
    await log.submit(new NotedCommit(1, history))
    await log.submit(new NotedCommit(2, history, 'memory'))
    wal.failFrom = wal.appends.length
    const lost = [3, 4].map((id) => log.submit(new NotedCommit(id, history)))
    await Promise.all(lost.map((each) => expect(each).rejects.toMatchObject({ code: 'SLUICE_IO' })))
    expect(history).toEqual([
      'apply 1',
      'apply 2',
      'undo 4 pending',
      'undo 3 pending',
      'undo 2 applied',
    ])
    expect(poisons).toHaveLength(1)
    expect(log.stats()).toMatchObject({ visibleLsn: 1n, durableLsn: 1n })
    const late = new NotedCommit(5, history)
    await expect(log.submit(late)).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
    expect(history.at(-1)).toBe('undo 5 pending')
    await log.close()
  })

  it('shows nothing of a group that a failing spill took back while it was appended', async () => {
    const { log, wal, poisons } = await openLog()
    let open = (): void => undefined
    wal.gate = new Promise((resolve) => {
      open = resolve
    })
    const history: string[] = []
    const lost = log.submit(new NotedCommit(1, history))
    const rejected = expect(lost).rejects.toMatchObject({ code: 'SLUICE_IO' })
    await vi.waitUntil(() => wal.appends.length === 1)
    const failing: Pick<VectorStore, 'flush'> = {
      flush: () => Promise.reject(new StorageError('SLUICE_IO', 'the segment is gone')),
    }
    log.noteUnspilled(failing as VectorStore, 1, 5 * 1024 * 1024)
    await rejected
    open()
    await log.close()
    expect(history).toEqual(['undo 1 pending'])
    expect(poisons).toHaveLength(1)
    expect(log.stats()).toMatchObject({ visibleLsn: 0n, durableLsn: 0n })
  })

  it('passes a barrier behind what came before it, and ahead of what comes after', async () => {
    const { log } = await openLog()
    const history: string[] = []
    const before = log.submit(new NotedCommit(1, history, 'memory'))
    const barrier = log.barrier((lsn) => {
      history.push(`barrier ${lsn}`)
      return lsn
    })
    const after = log.submit(new NotedCommit(2, history))
    expect(await barrier).toBe(1n)
    await Promise.all([before, after])
    expect(history).toEqual(['apply 1', 'barrier 1', 'apply 2'])
    expect(log.stats().durableLsn).toBe(2n)
  })

  it('gives what a barrier threw to its caller alone', async () => {
    const { log, poisons } = await openLog()
    const barrier = log.barrier(() => {
      throw new Error('nothing to capture')
    })
    const write = log.submit(new NotedCommit(1, []))
    await expect(barrier).rejects.toThrow('nothing to capture')
    expect(await write).toBe(1n)
    expect(poisons).toEqual([])
  })

  it('is poisoned by rows that cannot be flushed', async () => {
    const { log, poisons } = await openLog()
    const failing: Pick<VectorStore, 'flush'> = {
      flush: () => Promise.reject(new StorageError('SLUICE_NO_SPACE', 'the disk is full')),
    }
    const flushed = log.orPoison('flush rows', () => failing.flush(1))
    await expect(flushed).rejects.toMatchObject({ code: 'SLUICE_NO_SPACE' })
    expect(poisons).toHaveLength(1)
    await expect(log.barrier(() => 1)).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
  })

  it('tells its watcher how many bytes each group added', async () => {
    const { log, wal } = await openLog()
    let byteLength = 0
    log.watch((records) => {
      for (const { bytes } of records) byteLength += bytes.byteLength
    })
    await Promise.all([1, 2, 3].map((id) => log.submit(new NotedCommit(id, []))))
    await log.submit(new NotedCommit(4, []))
    let expected = 0
    for await (const { bytes } of wal.read(1n)) expected += bytes.byteLength
    expect(byteLength).toBe(expected)
  })

  it('settles every write exactly once, whichever append fails', async () => {
    const plan = fc.record({
      failFrom: fc.integer({ min: 0, max: 8 }),
      turns: fc.array(fc.array(fc.constantFrom<Durability>('memory', 'os', 'disk')), {
        maxLength: 8,
      }),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ failFrom, turns }) => {
        const { log, wal } = await openLog()
        wal.failFrom = failFrom
        const history: string[] = []
        let id = 0
        const outcomes: Promise<boolean>[] = []
        for (const turn of turns) {
          for (const durability of turn) {
            const submitted = log.submit(new NotedCommit(++id, history, durability))
            outcomes.push(
              submitted.then(
                () => true,
                () => false,
              ),
            )
          }
          await new Promise((resolve) => setImmediate(resolve))
        }
        const settled = await Promise.all(outcomes)
        // The last sync may be the append that fails; it must say so.
        await log.close().catch((error: unknown) => expect(error).toBeInstanceOf(StorageError))
        const applied = history.filter((line) => line.startsWith('apply')).length
        const undone = history.filter((line) => line.endsWith('pending')).length
        expect(applied).toBe(settled.filter(Boolean).length)
        expect(applied + undone).toBe(id)
      }),
    )
  })
})
