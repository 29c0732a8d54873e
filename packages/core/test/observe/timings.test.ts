import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { type StallEvent, Timings } from '../../src/observe/timings.js'

/** Timings with a clock that the test moves, and the stalls they told. */
function makeTimings(): { timings: Timings; stalls: StallEvent[]; clock: { ms: number } } {
  const stalls: StallEvent[] = []
  const clock = { ms: 0 }
  const timings = new Timings({ onStall: (event) => stalls.push(event), now: () => clock.ms })
  return { timings, stalls, clock }
}

describe('Timings', () => {
  it('keeps a histogram of each', () => {
    const { timings } = makeTimings()
    timings.record('write', 3)
    timings.record('write', 5)
    timings.record('logAppend', 2)
    const { write, logAppend, queueWait } = timings.stats()
    expect(write).toMatchObject({ count: 2, totalMs: 8, maxMs: 5 })
    expect(logAppend).toMatchObject({ count: 1, totalMs: 2, maxMs: 2 })
    expect(queueWait).toMatchObject({ count: 0 })
    expect(timings.countsUpTo('write', [11, 12, 13])).toEqual([0, 1, 2])
  })

  it('tells each to those who listen on the channel', () => {
    const { timings } = makeTimings()
    const told: unknown[] = []
    const listener = (message: unknown): void => {
      told.push(message)
    }
    subscribe('sluice:timing', listener)
    timings.record('logAppend', 2)
    unsubscribe('sluice:timing', listener)
    timings.record('logAppend', 3)
    expect(told).toEqual([{ name: 'logAppend', durationMs: 2 }])
  })

  it('measures a task that succeeds and one that fails', async () => {
    const { timings, clock } = makeTimings()
    const slow = async (ms: number): Promise<string> => {
      clock.ms += ms
      return 'done'
    }
    expect(await timings.measure('segmentSync', () => slow(7))).toBe('done')
    const failing = timings.measure('segmentSync', async () => {
      await slow(9)
      throw new Error('no disk')
    })
    await expect(failing).rejects.toThrow('no disk')
    expect(timings.stats().segmentSync).toMatchObject({ count: 2, totalMs: 16, maxMs: 9 })
  })
})

describe('a stall', () => {
  it('is told when something took longer than a second, and whole calls are not', () => {
    const { timings, stalls, clock } = makeTimings()
    clock.ms = 10_000
    timings.record('segmentSync', 1000)
    timings.record('write', 5000)
    timings.record('search', 5000)
    timings.record('searchMany', 5000)
    expect(stalls).toEqual([])
    timings.record('segmentSync', 1000.5)
    timings.record('logAppend', 2000)
    expect(stalls).toEqual([
      { what: 'segmentSync', durationMs: 1000.5 },
      { what: 'logAppend', durationMs: 2000 },
    ])
  })

  it('is told once for waits that overlap, and again when one took twice as long', () => {
    const { timings, stalls, clock } = makeTimings()
    // A flood of writes that came at once and went in one after the other, 100 ms apart.
    for (clock.ms = 100; clock.ms <= 5000; clock.ms += 100) timings.record('queueWait', clock.ms)
    expect(stalls.map(({ durationMs }) => durationMs)).toEqual([1100, 2200, 4400])
  })

  it('is told anew when it began after the last one was over', () => {
    const { timings, stalls, clock } = makeTimings()
    clock.ms = 2000
    timings.record('logAppend', 1500)
    clock.ms = 3500
    timings.record('logAppend', 1500)
    clock.ms = 4999
    timings.record('logAppend', 1500)
    expect(stalls).toHaveLength(2)
  })
})
