import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateError } from '../../src/errors.js'
import { GIB, makeDoor, settle } from './door.js'

describe('Admission, by its bound on the queue', () => {
  it('lets writes in while they fit; the next one waits until bytes come back', async () => {
    const { admission, enter } = makeDoor({ queueBytesMax: 100 })
    const first = await enter(60)
    let isIn = false
    const second = enter(50).then(() => {
      isIn = true
    })
    await settle()
    expect(isIn).toBe(false)
    expect(admission.stats()).toMatchObject({ bytes: 60, waiting: 1 })
    first.giveBack()
    await second
    expect(admission.stats()).toMatchObject({ bytes: 50, waiting: 0, bytesPeak: 60 })
  })

  it('lets a write larger than the bound in alone', async () => {
    const { admission, enter } = makeDoor({ queueBytesMax: 10 })
    const { giveBack } = await enter(1000)
    expect(admission.stats().bytes).toBe(1000)
    giveBack()
    expect(admission.stats().bytes).toBe(0)
  })

  it('does not let a small write overtake a large one', async () => {
    const { enter } = makeDoor({ queueBytesMax: 100 })
    const first = await enter(90)
    const order: string[] = []
    const large = enter(80).then(({ giveBack }) => {
      order.push('large')
      giveBack()
    })
    const small = enter(5).then(({ giveBack }) => {
      order.push('small')
      giveBack()
    })
    first.giveBack()
    await Promise.all([large, small])
    expect(order).toEqual(['large', 'small'])
  })

  it('refuses a waiting write whose signal fires, and says that nothing was applied', async () => {
    const { admission, enter } = makeDoor({ queueBytesMax: 10 })
    const first = await enter(10)
    const controller = new AbortController()
    const waiting = enter(5, controller.signal)
    const behind = enter(5)
    controller.abort()
    await expect(waiting).rejects.toMatchObject({
      name: 'AbortError',
      code: 'SLUICE_ABORTED',
      details: { applied: false },
    })
    first.giveBack()
    await behind
    expect(admission.stats()).toMatchObject({ bytes: 5, waiting: 0 })
  })

  it('listens to a signal only while a write waits', async () => {
    const { enter } = makeDoor({ queueBytesMax: 10 })
    const { signal } = new AbortController()
    const first = await enter(10, signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    const second = enter(10, signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    first.giveBack()
    await second
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await expect(enter(2 * GIB, signal)).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('refuses everything once closed, also what waits', async () => {
    const { admission, enter } = makeDoor({ queueBytesMax: 10 })
    await enter(10)
    const waiting = enter(5)
    admission.close(new StateError('SLUICE_CLOSED', 'closed'))
    await expect(waiting).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await expect(enter(1)).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
  })

  it('gives the bytes of an attempt that fails back, and passes its error on', async () => {
    const { admission, budget, enter } = makeDoor({ queueBytesMax: 10 })
    const failing = admission.run({ byteLength: 10, signal: undefined, what: 'it' }, async () => {
      await settle()
      throw new Error('a bad row')
    })
    const behind = enter(10)
    await expect(failing).rejects.toThrow('a bad row')
    await behind
    expect(admission.stats().bytes).toBe(10)
    expect(budget.usedBytes).toBe(10)
  })

  it('never exceeds the bound by more than one lone write, and loses no one', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(sizes, async (byteLengths) => {
        const { admission, enter } = makeDoor({ queueBytesMax: 100 })
        let bytes = 0
        let holders = 0
        const writes = byteLengths.map(async (byteLength) => {
          const { giveBack } = await enter(byteLength)
          bytes += byteLength
          holders += 1
          expect(bytes <= 100 || holders === 1).toBe(true)
          await Promise.resolve()
          bytes -= byteLength
          holders -= 1
          giveBack()
        })
        await Promise.all(writes)
        expect(admission.stats()).toMatchObject({ bytes: 0, waiting: 0 })
      }),
    )
  })
})
