import { describe, expect, it } from 'vitest'
import { FaultSchedule } from '../../../src/soak/inject/fault-schedule.js'

describe('FaultSchedule', () => {
  it('has whole faults only, and most of the time none', () => {
    const schedule = new FaultSchedule()
    expect(schedule.spans).toEqual([])
    schedule.start(100, 4000)
    expect(schedule.spans).toEqual([
      { startMs: 900, endMs: 1300 },
      { startMs: 2500, endMs: 2900 },
    ])
  })

  it('lets those that come during a fault wait for its end, and no others', async () => {
    const schedule = new FaultSchedule()
    await schedule.whenOver()
    schedule.start(performance.now() - 1100, 1200)
    const endMs = schedule.endMs() ?? 0
    expect(endMs).toBeGreaterThan(performance.now())
    await schedule.whenOver()
    expect(performance.now()).toBeGreaterThanOrEqual(endMs)
    expect(schedule.endMs()).toBeUndefined()
  })

  it('goes on with a task until the fault ends or it is told to stop', async () => {
    const schedule = new FaultSchedule()
    schedule.start(performance.now() - 1100, 1200)
    let calls = 0
    const count = (): void => {
      calls += 1
    }
    await schedule.during(count, AbortSignal.abort())
    expect(calls).toBe(0)
    await schedule.during(count, new AbortController().signal)
    expect(calls).toBeGreaterThan(0)
    expect(schedule.endMs()).toBeUndefined()
  })
})
