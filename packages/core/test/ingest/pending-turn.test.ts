import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PendingTurn } from '../../src/ingest/pending-turn.js'

describe('a pending turn', () => {
  it('runs its task once for many calls, after this turn', async () => {
    let runs = 0
    const turn = new PendingTurn(() => runs++)
    for (let i = 0; i < 3; i++) turn.schedule()
    turn.delay(1)
    await Promise.resolve()
    expect(runs).toBe(0)
    await nextTurn()
    expect(runs).toBe(1)
    turn.delay(0.5)
    await nextTurn()
    expect(runs).toBe(2)
  })

  it('does not wait for its delay once somebody schedules it', async () => {
    let runs = 0
    const turn = new PendingTurn(() => runs++)
    turn.delay(3_600_000)
    await nextTurn()
    expect(runs).toBe(0)
    turn.schedule()
    await nextTurn()
    expect(runs).toBe(1)
  })

  it('runs its task after the delay', async () => {
    await new Promise<void>((resolve) => new PendingTurn(resolve).delay(1))
  })
})
