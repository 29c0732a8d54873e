import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateError } from '../../src/errors.js'
import { Admission } from '../../src/ingest/admission.js'

describe('Admission', () => {
  it('lets writes in while they fit; the next one waits until bytes come back', async () => {
    const admission = new Admission(100)
    const giveBack = await admission.acquire(60)
    let isIn = false
    const second = admission.acquire(50).then((release) => {
      isIn = true
      return release
    })
    await Promise.resolve()
    expect(isIn).toBe(false)
    expect(admission.stats()).toMatchObject({ bytes: 60, waiting: 1 })
    giveBack()
    await second
    expect(admission.stats()).toMatchObject({ bytes: 50, waiting: 0 })
  })

  it('lets a write larger than the bound in alone', async () => {
    const admission = new Admission(10)
    const giveBack = await admission.acquire(1000)
    expect(admission.stats().bytes).toBe(1000)
    giveBack()
    expect(admission.stats().bytes).toBe(0)
  })

  it('does not let a small write overtake a large one', async () => {
    const admission = new Admission(100)
    const first = await admission.acquire(90)
    const order: string[] = []
    const large = admission.acquire(80).then((release) => {
      order.push('large')
      release()
    })
    const small = admission.acquire(5).then((release) => {
      order.push('small')
      release()
    })
    first()
    await Promise.all([large, small])
    expect(order).toEqual(['large', 'small'])
  })

  it('refuses a waiting write whose signal fires, and says that nothing was applied', async () => {
    const admission = new Admission(10)
    const first = await admission.acquire(10)
    const controller = new AbortController()
    const waiting = admission.acquire(5, controller.signal)
    const behind = admission.acquire(5)
    controller.abort()
    await expect(waiting).rejects.toMatchObject({
      name: 'AbortError',
      code: 'SLUICE_ABORTED',
      details: { applied: false },
    })
    first()
    await behind
    expect(admission.stats()).toMatchObject({ bytes: 5, waiting: 0 })
  })

  it('refuses everything once closed, also what waits', async () => {
    const admission = new Admission(10)
    await admission.acquire(10)
    const waiting = admission.acquire(5)
    admission.close(new StateError('SLUICE_CLOSED', 'closed'))
    await expect(waiting).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await expect(admission.acquire(1)).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
  })

  it('never exceeds the bound by more than one lone write, and loses no one', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(sizes, async (byteLengths) => {
        const admission = new Admission(100)
        let bytes = 0
        let holders = 0
        const writes = byteLengths.map(async (byteLength) => {
          const giveBack = await admission.acquire(byteLength)
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
