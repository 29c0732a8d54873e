import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { GatePass, IngestGate } from '../../../src/index/cluster/ingest-gate.js'

const MIB = 1024 * 1024

/** A clock that stands still. */
function stopClock(at = Date.now()): void {
  vi.useFakeTimers({ toFake: ['Date'], now: at })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

describe('an IngestGate', () => {
  it('is closed for 50 ms by rows that come in fast, also to other threads', () => {
    stopClock()
    const gate = new IngestGate()
    const other = new IngestGate(gate.shared)
    gate.note(8 * MIB - 1)
    expect(other.closedMs()).toBe(0)
    gate.note(1)
    expect([gate.closedMs(), other.closedMs()]).toEqual([50, 50])
    vi.setSystemTime(Date.now() + 49)
    expect(other.closedMs()).toBe(1)
    vi.setSystemTime(Date.now() + 1)
    expect(other.closedMs()).toBe(0)
  })

  it('stays open where rows come in by and by', () => {
    stopClock()
    const gate = new IngestGate()
    for (let i = 0; i < 100; i++) {
      gate.note(3 * MIB)
      expect(gate.closedMs()).toBe(0)
      vi.setSystemTime(Date.now() + 30)
    }
  })

  it('opens when the clock is set back, and works where its low bits wrap', () => {
    stopClock(2 ** 32 * 400 - 20)
    const gate = new IngestGate()
    gate.note(8 * MIB)
    expect(gate.closedMs()).toBe(50)
    vi.setSystemTime(Date.now() + 30)
    expect(gate.closedMs()).toBe(20)
    vi.setSystemTime(Date.now() - 3_600_000)
    expect(gate.closedMs()).toBe(0)
  })
})

describe('a GatePass', () => {
  it('is held back for ten seconds in all', () => {
    stopClock()
    const gate = new IngestGate()
    const pass = new GatePass(gate)
    let heldMs = 0
    for (let i = 0; i < 1000; i++) {
      gate.note(64 * MIB)
      heldMs += pass.waitMs()
      vi.setSystemTime(Date.now() + 50)
    }
    expect(heldMs).toBe(10_000)
    expect(new GatePass(gate).waitMs()).toBe(gate.closedMs())
  })
})
