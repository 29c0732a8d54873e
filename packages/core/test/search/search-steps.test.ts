import { describe, expect, it } from 'vitest'
import { type SearchSteps, takeSteps } from '../../src/search/search-steps.js'
import { TimeSlice } from '../../src/time-slice.js'

describe('takeSteps', () => {
  it('lets the event loop turn wherever steps yield', async () => {
    let turns = 0
    const turnsAt: number[] = []
    function* steps(): SearchSteps {
      for (let i = 0; i < 4; i++) {
        turnsAt.push(turns)
        setImmediate(() => {
          turns += 1
        })
        if (i < 3) yield
      }
    }
    let checks = 0
    await takeSteps(steps(), new TimeSlice(), () => {
      checks += 1
    })
    expect(turnsAt).toEqual([0, 1, 2, 3])
    expect(checks).toBe(3)
  })

  it('never waits for steps that do not yield', async () => {
    let hasTurned = false
    setImmediate(() => {
      hasTurned = true
    })
    let isDone = false
    function* steps(): SearchSteps {
      isDone = true
      yield* []
    }
    const all = takeSteps(steps(), new TimeSlice(), () => undefined)
    expect(isDone).toBe(true)
    await all
    expect(hasTurned).toBe(false)
  })

  it('takes no further step once it is told to give up', async () => {
    let count = 0
    function* steps(): SearchSteps {
      for (;;) {
        count += 1
        yield
      }
    }
    const giveUp = (): void => {
      if (count === 2) throw new RangeError('enough')
    }
    await expect(takeSteps(steps(), new TimeSlice(), giveUp)).rejects.toThrow('enough')
    expect(count).toBe(2)
  })
})
