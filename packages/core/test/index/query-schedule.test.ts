import { describe, expect, it } from 'vitest'
import { QuerySchedule } from '../../src/index/query-schedule.js'

describe('a schedule of learning from queries', () => {
  it('is due after 128 queries, after twice as many, and then after every 256', () => {
    const queries = { count: 127 }
    const schedule = new QuerySchedule(queries)
    expect([schedule.hasBegun, schedule.isDue]).toEqual([false, false])
    queries.count = 128
    expect([schedule.hasBegun, schedule.isDue]).toEqual([true, true])
    schedule.settle()
    expect([schedule.hasBegun, schedule.isDue]).toEqual([true, false])
    queries.count = 255
    expect(schedule.isDue).toBe(false)
    for (let count = 256; count <= 100_096; count += 256) {
      queries.count = count
      expect(schedule.isDue).toBe(true)
      schedule.settle()
      queries.count = count + 255
      expect(schedule.isDue).toBe(false)
    }
  })

  it('is not due twice for what came in at once', () => {
    const queries = { count: 5000 }
    const schedule = new QuerySchedule(queries)
    schedule.settle()
    expect(schedule.isDue).toBe(false)
    queries.count = 5255
    expect(schedule.isDue).toBe(false)
    queries.count = 5256
    expect(schedule.isDue).toBe(true)
  })

  it('rests nineteen times as long as learning took', () => {
    const queries = { count: 128 }
    let nowMs = 1000
    const schedule = new QuerySchedule(queries, () => nowMs)
    schedule.settle()
    nowMs = 1010
    schedule.rest(10)
    queries.count = 1_000_000
    nowMs = 1010 + 189
    expect(schedule.isDue).toBe(false)
    nowMs = 1010 + 190
    expect(schedule.isDue).toBe(true)
  })

  it('is not due later because of what was learnt when nothing was due', () => {
    const queries = { count: 100 }
    const schedule = new QuerySchedule(queries)
    schedule.settle()
    queries.count = 128
    expect(schedule.isDue).toBe(true)
  })

  it('has news of 64 queries that nothing was learnt from', () => {
    const queries = { count: 63 }
    const schedule = new QuerySchedule(queries)
    expect(schedule.hasNews).toBe(false)
    queries.count = 64
    expect(schedule.hasNews).toBe(true)
    schedule.settle()
    expect(schedule.hasNews).toBe(false)
    queries.count = 128
    expect(schedule.hasNews).toBe(true)
  })

  it('is of one who learns: others have their own', () => {
    const queries = { count: 128 }
    const [one, other] = [new QuerySchedule(queries), new QuerySchedule(queries)]
    one.settle()
    expect(other.isDue).toBe(true)
  })
})
