import { describe, expect, it } from 'vitest'
import { SerialQueue } from '../src/serial-queue.js'

describe('SerialQueue', () => {
  it('runs tasks one at a time in the order they came, whatever becomes of them', async () => {
    const queue = new SerialQueue()
    const order: number[] = []
    const tasks = [0, 1, 2].map((number) =>
      queue.run(async () => {
        order.push(number)
        await Promise.resolve()
        order.push(number)
        if (number === 1) throw new Error('on purpose')
        return number
      }),
    )
    const outcomes = await Promise.allSettled(tasks)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(order).toEqual([0, 0, 1, 1, 2, 2])
  })

  it('counts those that wait for another', async () => {
    const queue = new SerialQueue()
    const counts: number[] = []
    queue.onWaiting = () => counts.push(queue.waitingCount)
    let end = (): void => undefined
    const first = queue.run(
      () =>
        new Promise<void>((resolve) => {
          end = resolve
        }),
    )
    const others = [queue.run(async () => 2), queue.run(async () => 3)]
    await Promise.resolve()
    expect(counts).toEqual([0, 1, 2])
    queue.noteAbandoned(1)
    expect(queue.waitingCount).toBe(1)
    queue.noteAbandoned(-1)
    end()
    await Promise.all([first, ...others])
    await queue.idle()
    expect(queue.isIdle).toBe(true)
    expect(counts).toEqual([0, 1, 2, 1, 2, 1, 0, 0])
  })
})
