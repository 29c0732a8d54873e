import { describe, expect, it } from 'vitest'
import { FreshMemory, measureFaultCost } from '../../src/probe/fault-cost.js'
import { readProcessCounters } from '../../src/probe/process-counters.js'

describe('readProcessCounters', () => {
  it('counts what is only growing', () => {
    const before = readProcessCounters()
    const endMs = performance.now() + 50
    while (performance.now() < endMs);
    const after = readProcessCounters()
    for (const [name, value] of Object.entries(before)) {
      expect(after[name as keyof typeof after], name).toBeGreaterThanOrEqual(value)
    }
    expect(after.userMs + after.systemMs).toBeGreaterThan(before.userMs + before.systemMs)
  })
})

describe('FreshMemory', () => {
  it.runIf(process.platform === 'linux')('makes the system find new pages every time', () => {
    const memory = new FreshMemory()
    for (let round = 0; round < 3; round++) {
      const before = readProcessCounters().minorFaults
      memory.touch()
      // Large pages are 2 MiB.
      expect(readProcessCounters().minorFaults - before).toBeGreaterThanOrEqual(32)
    }
    expect(measureFaultCost()).toBeGreaterThan(0)
  })
})
