/** Codes that threads make, whatever happens to the rows meanwhile. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TAIL_LIVES, TAIL_STEP, TailFixture } from '../tail-fixture.js'
import { watchedPool } from './encode-fixture.js'
import { LateEncoders } from './late-encoders.js'

/** 160 rows of the fixture. */
const TASK_BYTES = 160 * 128

describe('a CodeTail with threads', () => {
  it('encodes on threads, and what is too little for them here', async () => {
    const { pool, workers } = watchedPool({ taskBytes: TASK_BYTES })
    const fixture = new TailFixture(pool)
    await fixture.add(1055)
    expect(fixture.check()).toBe(0)
    await fixture.catchUp()
    expect(workers.length).toBe(2)
    expect(fixture.check()).toBe(1024)
    await fixture.add(33)
    await fixture.catchUp()
    expect(fixture.check()).toBe(1088)
  })

  it('hands on what threads have room for only later, whoever waits', async () => {
    const { pool } = watchedPool({ taskBytes: TASK_BYTES })
    const fixture = new TailFixture(pool)
    await fixture.add(480 * 10)
    while (fixture.codes.encodedRows < 4800) await nextTurn()
    expect(fixture.check()).toBe(4800)
  })

  it('counts nothing of rows that were refused while they were encoded', async () => {
    const { pool } = watchedPool({ taskBytes: 3 * TASK_BYTES })
    const fixture = new TailFixture(pool)
    await fixture.add(2000)
    fixture.rewind(1100)
    // Their place is taken while threads look at it.
    await fixture.add(2000)
    await fixture.codes.whenQuiet()
    fixture.check()
    await fixture.catchUp()
    expect(fixture.check()).toBe(3072)
  })

  it('goes on here, without a gap, when a thread crashes', async () => {
    const { pool, workers, warnings } = watchedPool({ taskBytes: TASK_BYTES })
    const fixture = new TailFixture(pool)
    await fixture.add(4000)
    const ends = Promise.all(workers.map((worker) => worker.terminate()))
    await fixture.catchUp()
    await ends
    expect(fixture.check()).toBe(4000)
    expect([warnings.length, fixture.warnings]).toEqual([1, []])
    await fixture.add(320)
    await fixture.catchUp()
    expect(fixture.check()).toBe(4320)
  })

  it('is left without threads, and with all its memory, when they are closed', async () => {
    const { pool } = watchedPool({ taskBytes: TASK_BYTES })
    const fixture = new TailFixture(pool)
    await fixture.add(4000)
    await pool.close()
    await fixture.codes.whenQuiet()
    fixture.check()
  })

  it('has rows wait for threads that are far behind', async () => {
    const { pool } = watchedPool({ taskBytes: 64 * 1024 })
    const fixture = new TailFixture(pool)
    await fixture.add(131_072)
    expect(fixture.codes.whenNear()).toBe(undefined)
    await fixture.add(32_768)
    await fixture.codes.whenNear()
    expect(fixture.store.rowCount - fixture.codes.encodedRows).toBeLessThanOrEqual(131_072)
  })

  it('writes nothing anew as long as threads may write what was refused', async () => {
    const late = new LateEncoders(480 * 128)
    const fixture = new TailFixture(late)
    await fixture.add(2400)
    fixture.rewind(1100)
    await fixture.add(1300)
    // The last ones first: those of the refused rows would be over those of the new ones.
    while (late.count > 0 && fixture.codes.encodedRows === 0) await late.end(late.count - 1, true)
    while (late.count > 0) await late.end(0, true)
    expect(fixture.check()).toBeGreaterThan(0)
  })

  it('keeps the memory that threads write to until they have ended', async () => {
    const late = new LateEncoders(480 * 128)
    const fixture = new TailFixture(late)
    await fixture.add(2400)
    const { leaseCount } = fixture.allocator.stats()
    fixture.codes.release()
    expect(fixture.allocator.stats().leaseCount).toBe(leaseCount)
    while (late.count > 0) await late.end(0, true)
    expect(fixture.allocator.stats().leaseCount).toBe(leaseCount - 4)
  })

  it('is quiet when all have ended that it had under way, however many follow', async () => {
    const late = new LateEncoders(480 * 128)
    const fixture = new TailFixture(late)
    await fixture.add(480 * 12)
    fixture.codes.freeSegment(1)
    let isQuiet = false
    const quiet = fixture.codes.whenQuiet()?.then(() => {
      isQuiet = true
    })
    for (let ended = 0; ended < late.tasksMax; ended++) {
      expect(isQuiet).toBe(false)
      await late.end(0, true)
    }
    expect(late.count).toBe(late.tasksMax)
    expect(isQuiet).toBe(true)
    while (late.count > 0) await late.end(0, true)
    await quiet
    expect(fixture.check()).toBe(480 * 11)
  })

  it('has true codes in whatever order threads end, and whatever fails', async () => {
    const end = fc.record({ end: fc.nat(), isEncoded: fc.constantFrom(true, true, true, false) })
    const step = fc.oneof({ weight: 2, arbitrary: TAIL_STEP }, end)
    const steps = fc.array(step, { maxLength: 30, size: 'max' })
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 480 }), async (life, taskRows) => {
        const late = new LateEncoders(taskRows * 128)
        const fixture = new TailFixture(late)
        for (const step of life) {
          if (typeof step === 'object' && 'end' in step) await late.end(step.end, step.isEncoded)
          else if (step === 'catchUp' || step === 'free')
            await late.prompt(() => fixture.live(step))
          else await fixture.live(step)
          fixture.check()
        }
        await late.prompt(() => fixture.catchUp())
        fixture.check()
      }),
      { numRuns: 150 },
    )
  })

  it.each([1, 2])('has true codes after any sequence, on %s of them', async (workers) => {
    const { pool } = watchedPool({ workers, taskBytes: TASK_BYTES })
    await fc.assert(
      fc.asyncProperty(TAIL_LIVES, async (steps) => {
        const fixture = new TailFixture(pool)
        for (const step of steps) {
          await fixture.live(step)
          fixture.check()
        }
        fixture.refuse(false)
        await fixture.catchUp()
        fixture.check()
      }),
      { numRuns: 40 },
    )
    expect(pool.stats().inlineReason).toBe(undefined)
  })
})
