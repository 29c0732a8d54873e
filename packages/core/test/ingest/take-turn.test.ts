import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { takeTurn } from '../../src/ingest/take-turn.js'
import { SerialQueue } from '../../src/serial-queue.js'

/** A queue whose turn is taken until the test gives it back. */
async function takenQueue(): Promise<{ turns: SerialQueue; giveTurnBack: () => void }> {
  const turns = new SerialQueue()
  const giveTurnBack = await new Promise<() => void>((began) => {
    const holder = turns.run(() => new Promise<void>((end) => began(end)))
    holder.catch(() => undefined)
  })
  return { turns, giveTurnBack }
}

describe('takeTurn', () => {
  it('runs tasks in the order of the calls, with and without a signal', async () => {
    const { turns, giveTurnBack } = await takenQueue()
    const { signal } = new AbortController()
    const order: number[] = []
    const tasks = [undefined, signal, undefined, signal].map((given, number) =>
      takeTurn({ turns, signal: given, what: 'the write' }, async () => order.push(number)),
    )
    expect(order).toEqual([])
    giveTurnBack()
    await Promise.all(tasks)
    expect(order).toEqual([0, 1, 2, 3])
  })

  it('gives up at once when the signal fires before the turn, and does nothing then', async () => {
    const { turns, giveTurnBack } = await takenQueue()
    const controller = new AbortController()
    let hasRun = false
    const task = takeTurn({ turns, signal: controller.signal, what: 'the write' }, async () => {
      hasRun = true
    })
    const behind = takeTurn({ turns, signal: undefined, what: 'the write' }, async () => 'behind')
    controller.abort()
    await expect(task).rejects.toMatchObject({
      code: 'SLUICE_ABORTED',
      details: { applied: false },
    })
    giveTurnBack()
    expect(await behind).toBe('behind')
    expect(hasRun).toBe(false)
  })

  it('listens to the signal while it waits, and not where it need not', async () => {
    const { turns, giveTurnBack } = await takenQueue()
    const { signal } = new AbortController()
    const request = { turns, signal, what: 'the write' }
    const waiting = takeTurn(request, () => Promise.reject(new Error('refused')))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    giveTurnBack()
    await expect(waiting).rejects.toThrow('refused')
    const atOnce = takeTurn(request, async () => 'done')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(await atOnce).toBe('done')
  })

  it('leaves the signal to a task that has begun', async () => {
    const turns = new SerialQueue()
    const controller = new AbortController()
    const task = takeTurn({ turns, signal: controller.signal, what: 'the write' }, async () => {
      controller.abort()
      return 'done'
    })
    expect(await task).toBe('done')
  })
})
