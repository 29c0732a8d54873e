import { channel } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { createSums, windowsOf } from '../../src/soak/soak-window.js'
import { followTimings } from '../../src/soak/timing-feed.js'

const GRID = { originMs: 0, windowMs: 100, count: 4 }

describe('windowsOf', () => {
  it('turns sums into counters, and hands each window those of the one before', () => {
    const sums = createSums(GRID)
    sums.plain.bytes.add(150, 1000)
    sums.plain.gcMinorMs.cover(190, 210)
    sums.plain.gcMajorMs.cover(110, 120)
    sums.plain.minorFaults.add(150, 300)
    sums.plain.majorFaults.add(150, 100)
    sums.plain.discardMs.add(150, 7)
    sums.plain.flushMs.add(150, 30)
    const [first, second, third] = windowsOf(sums, 0.002)
    expect(first).toMatchObject({ startMs: 0, bytes: 0, before: undefined, isDisturbed: false })
    expect(second).toMatchObject({ startMs: 100, bytes: 1000 })
    expect(second?.counters.gcMs).toBeCloseTo(20)
    expect(second?.counters.faultMs).toBeCloseTo(0.8)
    expect(second?.counters).toMatchObject({ discardMs: 7, flushMs: 30 })
    expect(third?.counters.gcMs).toBeCloseTo(10)
    expect(third?.before).toBe(second?.counters)
  })

  it('counts a build or the lack of a core only where the event loop was active', () => {
    const sums = createSums(GRID)
    sums.plain.buildMs.cover(0, 200)
    sums.plain.activeMs.add(50, 30)
    sums.plain.activeMs.add(150, 90)
    sums.plain.busyMs.spread(0, 200, 400)
    sums.plain.waitMs.spread(0, 200, 160)
    const [idle, active] = windowsOf(sums, 0)
    expect(idle?.counters).toMatchObject({ indexMs: 30, noCoreMs: 30 })
    expect(active?.counters).toMatchObject({ indexMs: 90, noCoreMs: 80 })
  })

  it('does not count waiting for threads of the own process as the lack of a core', () => {
    const sums = createSums(GRID)
    sums.plain.activeMs.add(50, 100)
    sums.plain.waitMs.add(50, 40)
    sums.plain.busyMs.add(50, 200)
    sums.plain.userMs.add(50, 150)
    expect(windowsOf(sums, 0)[0]?.counters.noCoreMs).toBeCloseTo(10)
  })

  it('leaves out the window that was disturbed and the next', () => {
    const sums = createSums(GRID)
    sums.plain.probeMs.cover(120, 150)
    expect(windowsOf(sums, 0).map(({ isDisturbed }) => isDisturbed)).toEqual([
      false,
      true,
      true,
      false,
    ])
  })
})

describe('followTimings', () => {
  it('notes for each window how long the operations under way took', () => {
    const nowMs = performance.now()
    const sums = createSums({ originMs: nowMs - 400, windowMs: 100, count: 5 })
    const stop = followTimings(sums)
    const timing = channel('sluice:timing')
    timing.publish({ name: 'segmentSync', durationMs: 150 })
    timing.publish({ name: 'write', durationMs: 300 })
    stop()
    timing.publish({ name: 'segmentSync', durationMs: 350 })
    const windows = windowsOf(sums, 0)
    const syncs = windows.map(({ counters }) => counters.operations.segmentSync)
    expect(syncs[0]).toEqual({ busyMs: 0, latencyMs: 0 })
    expect(syncs[3]?.latencyMs).toBeCloseTo(150)
    expect(syncs.reduce((sum, { busyMs }) => sum + busyMs, 0)).toBeCloseTo(150)
  })
})
