import { describe, expect, it } from 'vitest'
import type { Admitted } from '../../src/ingest/admission.js'
import { enterQueue } from '../../src/ingest/enter-queue.js'
import type { TimingStats } from '../../src/observe/latency-histogram.js'
import { Timings } from '../../src/observe/timings.js'
import { SerialQueue } from '../../src/serial-queue.js'
import { type Door, type DoorOptions, makeDoor, settle } from './door.js'

/** A door with a clock that the test moves. */
interface TimedDoor extends Door {
  readonly clock: { ms: number }
  /** Comes in as a write of the collection whose turns these are. */
  come(visit: Visit, attempt?: () => Promise<unknown>): Promise<Admitted<unknown>>
  waits(): Pick<TimingStats, 'count' | 'totalMs' | 'maxMs'>
}

interface Visit {
  readonly byteLength: number
  readonly turns: SerialQueue
  readonly signal?: AbortSignal
}

function makeTimedDoor(options: DoorOptions): TimedDoor {
  const door = makeDoor(options)
  const clock = { ms: 0 }
  const timings = new Timings({ onStall: () => undefined, now: () => clock.ms })
  return {
    ...door,
    clock,
    come: ({ signal, ...visit }, attempt = async () => undefined) =>
      enterQueue(
        { ...visit, signal, what: 'the write', admission: door.admission, timings },
        attempt,
      ),
    waits: () => {
      const { count, totalMs, maxMs } = timings.stats().queueWait
      return { count, totalMs, maxMs }
    },
  }
}

describe('enterQueue', () => {
  it('records how long a write waited for room, and not what it did inside', async () => {
    const { come, clock, waits } = makeTimedDoor({ queueBytesMax: 100 })
    const first = await come({ byteLength: 80, turns: new SerialQueue() })
    expect(waits()).toEqual({ count: 1, totalMs: 0, maxMs: 0 })
    const second = come({ byteLength: 30, turns: new SerialQueue() }, async () => {
      clock.ms += 1000
    })
    await settle()
    clock.ms = 7
    first.giveBack()
    await second
    expect(waits()).toEqual({ count: 2, totalMs: 7, maxMs: 7 })
  })

  it('records the wait for the turn in the collection', async () => {
    const { come, clock, waits } = makeTimedDoor({})
    const turns = new SerialQueue()
    let finish = (): void => undefined
    const first = come({ byteLength: 1, turns }, () => {
      return new Promise<void>((resolve) => {
        finish = resolve
      })
    })
    const second = come({ byteLength: 1, turns })
    await settle()
    clock.ms = 5
    finish()
    await Promise.all([first, second])
    expect(waits()).toEqual({ count: 2, totalMs: 5, maxMs: 5 })
  })

  it('records the whole wait of a write that found no memory inside at first', async () => {
    const { come, clock, waits, budget, enter } = makeTimedDoor({ bytesMax: 100 })
    const other = await enter(50)
    const waiting = come({ byteLength: 20, turns: new SerialQueue() }, async () => {
      if (!budget.fits(40)) throw budget.refusal(40)
    })
    await settle()
    clock.ms = 9
    other.giveBack()
    await waiting
    expect(waits()).toEqual({ count: 1, totalMs: 9, maxMs: 9 })
  })

  it('records how long a write waited that gave up', async () => {
    const { come, clock, waits } = makeTimedDoor({ queueBytesMax: 100 })
    const turns = new SerialQueue()
    await come({ byteLength: 80, turns })
    const controller = new AbortController()
    const { signal } = controller
    const atTheDoor = come({ byteLength: 30, turns, signal })
    const inItsCollection = come({ byteLength: 30, turns, signal })
    await settle()
    clock.ms = 4
    controller.abort()
    await expect(atTheDoor).rejects.toMatchObject({ name: 'AbortError' })
    await expect(inItsCollection).rejects.toMatchObject({ name: 'AbortError' })
    expect(waits()).toEqual({ count: 2 + 1, totalMs: 8, maxMs: 4 })
  })

  it('records the whole wait of one that gave up after it found no memory inside', async () => {
    const { come, clock, waits, budget, enter } = makeTimedDoor({ bytesMax: 100 })
    await enter(50)
    const controller = new AbortController()
    const { signal } = controller
    const waiting = come({ byteLength: 20, turns: new SerialQueue(), signal }, async () => {
      throw budget.refusal(40)
    })
    await settle()
    clock.ms = 6
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    expect(waits()).toEqual({ count: 1, totalMs: 6, maxMs: 6 })
  })

  it('records the wait of a write that fails inside, up to where it went in', async () => {
    const { come, clock, waits } = makeTimedDoor({})
    const failing = come({ byteLength: 1, turns: new SerialQueue() }, async () => {
      clock.ms += 3
      throw new Error('a duplicate')
    })
    await expect(failing).rejects.toThrow('a duplicate')
    expect(waits()).toEqual({ count: 1, totalMs: 0, maxMs: 0 })
  })

  it('lets collections take turns, however many writes wait in one of them', async () => {
    const { come, admission } = makeTimedDoor({ queueBytesMax: 10 })
    const order: string[] = []
    const write = async (name: string, turns: SerialQueue): Promise<void> => {
      const { giveBack } = await come({ byteLength: 10, turns }, async () => order.push(name))
      await settle()
      giveBack()
    }
    const flood = new SerialQueue()
    const writes = Array.from({ length: 100 }, () => write('flood', flood))
    await settle()
    expect(admission.stats().waiting).toBe(1)
    const calm = new SerialQueue()
    for (let i = 0; i < 3; i++) writes.push(write('calm', calm))
    await Promise.all(writes)
    expect(order.indexOf('calm')).toBeLessThanOrEqual(3)
    expect(order.lastIndexOf('calm')).toBeLessThanOrEqual(8)
    expect(order).toHaveLength(103)
  })
})
