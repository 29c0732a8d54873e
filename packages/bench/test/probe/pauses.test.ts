import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PauseProbe } from '../../src/probe/pauses.js'
import { splitByOverlap } from '../../src/time-span.js'

describe('PauseProbe', () => {
  it('knows when the event loop was held, and for how long', async () => {
    const probe = new PauseProbe()
    await setTimeout(5)
    const startMs = performance.now()
    while (performance.now() < startMs + 100);
    const endMs = performance.now()
    await setTimeout(5)
    probe.stop()
    const { during } = splitByOverlap(probe.pauses, [{ startMs, endMs }])
    expect(Math.max(...during)).toBeGreaterThan(90)
  })

  it('sees a pause that lasts until it is stopped', () => {
    const probe = new PauseProbe()
    const startMs = performance.now()
    while (performance.now() < startMs + 50);
    probe.stop()
    expect(probe.pauses).toHaveLength(1)
  })
})
