import { describe, expect, it } from 'vitest'
import { QuerySchedule } from '../../src/index/query-schedule.js'

describe('a schedule of learning from queries', () => {
  it('is due after 128 queries, and again after twice as many', () => {
    const queries = { count: 127 }
    const schedule = new QuerySchedule(queries)
    expect([schedule.hasBegun, schedule.isDue]).toEqual([false, false])
    queries.count = 128
    expect([schedule.hasBegun, schedule.isDue]).toEqual([true, true])
    schedule.settle()
    expect([schedule.hasBegun, schedule.isDue]).toEqual([true, false])
    queries.count = 255
    expect(schedule.isDue).toBe(false)
    queries.count = 256
    expect(schedule.isDue).toBe(true)
  })

  it('is not due twice for what came in at once', () => {
    const queries = { count: 5000 }
    const schedule = new QuerySchedule(queries)
    schedule.settle()
    expect(schedule.isDue).toBe(false)
    queries.count = 8192
    expect(schedule.isDue).toBe(true)
  })

  it('is of one who learns: others have their own', () => {
    const queries = { count: 128 }
    const [one, other] = [new QuerySchedule(queries), new QuerySchedule(queries)]
    one.settle()
    expect(other.isDue).toBe(true)
  })
})
