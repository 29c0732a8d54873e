import { describe, expect, it } from 'vitest'
import { walContext } from '../../src/conformance/wal-context.js'
import type { WalFault } from '../../src/conformance/wal-fault.js'
import { faultyWal } from '../../src/conformance/wal-faults.js'
import { collect, testRecords } from '../../src/conformance/wal-records.js'
import type { WalBackend } from '../../src/contract/index.js'
import { memoryWal } from '../../src/wal/memory-wal.js'

const records = testRecords(1n, 8)

function openFaulty(plan: readonly WalFault[]): Promise<WalBackend> {
  return faultyWal(memoryWal(), plan).open(walContext(undefined))
}

describe('faultyWal', () => {
  it.each([
    ['error-before', 2],
    ['torn', 4],
    ['error-after', 6],
  ] as const)(
    'fails the chosen append with %s and refuses writes afterwards',
    async (action, kept) => {
      const log = await openFaulty([{ append: 2, action }])
      await log.append(records.slice(0, 2), { durability: 'disk' })
      const failing = log.append(records.slice(2, 6), { durability: 'disk' })
      await expect(failing).rejects.toMatchObject({ code: 'SLUICE_IO', details: { errno: 'EIO' } })
      expect(await collect(log)).toEqual(records.slice(0, kept))
      const later = log.append(records.slice(kept), { durability: 'disk' })
      await expect(later).rejects.toMatchObject({
        code: 'SLUICE_POISONED',
        cause: { code: 'SLUICE_IO' },
      })
      await expect(log.truncateBefore(2n)).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
      await expect(log.truncateAfter(2n)).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
      await log.close()
    },
  )

  it('fails with the error of the plan', async () => {
    const error = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    const log = await openFaulty([{ append: 1, action: 'error-before', error }])
    const append = log.append(records, { durability: 'disk' })
    await expect(append).rejects.toMatchObject({ code: 'SLUICE_NO_SPACE', cause: error })
  })

  it('holds back an append and all that come after it, in order', async () => {
    let release: () => void = () => {}
    const until = new Promise<void>((resolve) => {
      release = resolve
    })
    const log = await openFaulty([{ append: 2, action: 'delay', until }])
    const settled: string[] = []
    const note = (name: string, promise: Promise<unknown>): Promise<unknown> =>
      promise.then(() => settled.push(name))
    const pending = [
      note('first', log.append(records.slice(0, 1), { durability: 'disk' })),
      note('second', log.append(records.slice(1, 2), { durability: 'disk' })),
      note('third', log.append(records.slice(2, 3), { durability: 'disk' })),
    ]
    await pending[0]
    expect(settled).toEqual(['first'])
    release()
    await Promise.all(pending)
    expect(settled).toEqual(['first', 'second', 'third'])
    expect(await collect(log)).toEqual(records.slice(0, 3))
  })

  it('counts appends over all openings', async () => {
    const factory = faultyWal(memoryWal(), [{ append: 2, action: 'error-before' }])
    const context = walContext(undefined)
    const first = await factory.open(context)
    await first.append(records, { durability: 'disk' })
    const second = await factory.open(context)
    const append = second.append(records, { durability: 'disk' })
    await expect(append).rejects.toMatchObject({ code: 'SLUICE_IO' })
    expect(factory.name).toBe('memory')
  })
})
