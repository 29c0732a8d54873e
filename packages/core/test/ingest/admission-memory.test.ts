import { describe, expect, it } from 'vitest'
import { makeDoor, settle } from './door.js'

describe('Admission, by the bound on memory', () => {
  it('counts writes under way together with leases', async () => {
    const { budget, enter, lease } = makeDoor({ bytesMax: 100 })
    await lease(10, 30)
    const { giveBack } = await enter(60)
    expect(budget.stats()).toMatchObject({ usedBytes: 100, leasedBytes: 30, queueBytes: 70 })
    giveBack()
    expect(budget.stats()).toMatchObject({ usedBytes: 40, usedBytesPeak: 100 })
  })

  it('lets a write wait as long as another one is under way, then in', async () => {
    const { budget, lease, enter } = makeDoor({ bytesMax: 100 })
    const other = await enter(50)
    const waiting = lease(20, 40)
    await settle()
    expect(budget.usedBytes).toBe(50)
    other.giveBack()
    await waiting
    expect(budget.stats()).toMatchObject({ leasedBytes: 40, queueBytes: 20 })
  })

  it('refuses a write that finds no memory alone, with what is in use by kind', async () => {
    const { budget, lease } = makeDoor({ bytesMax: 100 })
    const first = await lease(10, 70)
    const refused = lease(20, 15)
    await settle()
    first.giveBack()
    await expect(refused).rejects.toMatchObject({
      name: 'StateError',
      code: 'SLUICE_LIMIT_EXCEEDED',
      retryable: true,
      message: expect.stringContaining('raise `memoryBytesMax`'),
      details: { asked: 15, used: 90, max: 100, leased: 70, queue: 20, alive: 0 },
    })
    expect(budget.stats()).toMatchObject({ usedBytes: 70, queueBytes: 0 })
  })

  it('refuses at once what is larger than all memory, and disturbs nobody', async () => {
    const { admission, enter } = makeDoor({ bytesMax: 100 })
    await enter(50)
    await expect(enter(101)).rejects.toMatchObject({
      code: 'SLUICE_LIMIT_EXCEEDED',
      details: { asked: 101, used: 50, max: 100 },
    })
    expect(admission.stats()).toMatchObject({ waiting: 0, bytes: 50 })
  })

  it('holds nothing while it waits, so that others inside are served', async () => {
    const { admission, budget, lease } = makeDoor({ bytesMax: 100 })
    let finish = (): void => undefined
    const slow = admission.run({ byteLength: 40, signal: undefined, what: 'it' }, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      if (!budget.fits(50)) throw budget.refusal(50)
      budget.take('leased', 50)
    })
    // Both need 50 beside their own 40 and 30: with the bytes of the other neither would fit.
    const other = lease(30, 50)
    await settle()
    expect(admission.stats()).toMatchObject({ bytes: 40, waiting: 1 })
    finish()
    const { giveBack } = await slow
    giveBack()
    await expect(other).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(budget.stats()).toMatchObject({ usedBytes: 50, leasedBytes: 50 })
  })

  it('keeps the order of arrival when writes come back for memory', async () => {
    const { lease, enter } = makeDoor({ bytesMax: 100 })
    const first = await enter(60)
    const order: number[] = []
    const writes = [1, 2, 3].map((number) =>
      lease(10, 15).then(({ giveBack }) => {
        order.push(number)
        giveBack()
      }),
    )
    await settle()
    first.giveBack()
    await Promise.all(writes)
    expect(order).toEqual([1, 2, 3])
  })

  it('lets nobody in behind a write that came back, until its attempt is over', async () => {
    const { admission, budget, enter } = makeDoor({ bytesMax: 100 })
    const other = await enter(50)
    const gates: (() => void)[] = []
    const first = admission.run({ byteLength: 20, signal: undefined, what: 'it' }, async () => {
      if (!budget.fits(60)) throw budget.refusal(60)
      await new Promise<void>((resolve) => gates.push(resolve))
      budget.take('leased', 60)
    })
    await settle()
    const small = enter(1)
    other.giveBack()
    await settle()
    expect(admission.stats()).toMatchObject({ bytes: 20, waiting: 1 })
    gates[0]?.()
    await Promise.all([first, small])
  })

  it('tries again when a lease is given back while it waits', async () => {
    const { budget, lease } = makeDoor({ bytesMax: 100, reclaim: () => new Promise(() => {}) })
    budget.take('leased', 90)
    const waiting = lease(5, 20)
    await settle()
    budget.giveBack('leased', 50)
    await waiting
    expect(budget.usedBytes).toBe(65)
  })

  it('aborts a write that came back for memory', async () => {
    const { admission, lease, enter } = makeDoor({ bytesMax: 100 })
    const other = await enter(60)
    const controller = new AbortController()
    const waiting = lease(10, 35, controller.signal)
    await settle()
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'SLUICE_ABORTED' })
    other.giveBack()
    await enter(100)
    expect(admission.stats()).toMatchObject({ bytes: 100, waiting: 0 })
  })
})

describe('Admission with memory to reclaim', () => {
  it('asks for it only when nothing under way will give memory back', async () => {
    let calls = 0
    const door = makeDoor({
      bytesMax: 100,
      reclaim: async () => {
        calls += 1
        door.budget.giveBack('leased', 50)
        return true
      },
    })
    door.budget.take('leased', 60)
    const other = await door.enter(30)
    const waiting = door.lease(10, 20)
    await settle()
    expect(calls).toBe(0)
    other.giveBack()
    const { giveBack } = await waiting
    giveBack()
    expect(calls).toBe(0)
    await door.lease(0, 60)
    expect(calls).toBe(1)
    expect(door.budget.stats()).toMatchObject({ leasedBytes: 90 })
  })

  it('asks for all that is missing where only the first of several leases was got', async () => {
    const asked: number[] = []
    const { admission, budget } = makeDoor({
      bytesMax: 100,
      reclaim: async (byteLength) => {
        asked.push(byteLength)
        budget.giveBack('leased', byteLength)
        return true
      },
    })
    budget.take('leased', 50)
    const request = { byteLength: 10, signal: undefined, what: 'the write' }
    await admission.run(request, async () => {
      budget.take('leased', 30)
      if (budget.fits(30)) return
      const refusal = budget.refusal(30)
      budget.giveBack('leased', 30)
      throw refusal
    })
    expect(asked).toEqual([20])
  })

  it('refuses when there was none, however often it says otherwise', async () => {
    let calls = 0
    const { lease } = makeDoor({
      bytesMax: 100,
      reclaim: async () => {
        calls += 1
        return true
      },
    })
    await expect(lease(10, 95)).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(calls).toBe(1)
  })

  it('refuses with the cause when reclaiming fails, and serves the next one', async () => {
    const { lease } = makeDoor({
      bytesMax: 100,
      reclaim: () => Promise.reject(new Error('no checkpoint')),
    })
    await expect(lease(10, 95)).rejects.toMatchObject({
      code: 'SLUICE_LIMIT_EXCEEDED',
      cause: { message: 'no checkpoint' },
      details: { asked: 95, max: 100 },
    })
    await lease(10, 90)
  })
})
