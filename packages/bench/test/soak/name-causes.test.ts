import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { median, percentile } from '../../src/figures.js'
import type { Cause, CountedWindow, Counters } from '../../src/soak/causes.js'
import { nameCauses } from '../../src/soak/name-causes.js'
import { anyCounters, anyWindows, counters, ordinaryWindows } from './counted-windows.js'

const WINDOW_MS = 100

/** What a slow window among ordinary ones is named after. */
function causeOf(window: CountedWindow, among: readonly CountedWindow[] = ordinaryWindows(40)) {
  return nameCauses([...among, window], WINDOW_MS).at(-1)?.cause
}

/** A window that lost 90 ms. */
function slow(now: Counters, before?: Counters): CountedWindow {
  return { bytes: 102, counters: now, before }
}

/** The number by which each cause is judged. */
const LEVELS: Readonly<Record<Exclude<Cause, 'unknown'>, (counters: Counters) => number>> = {
  gc: ({ gcMs }) => gcMs,
  'page-faults': ({ faultMs }) => faultMs,
  index: ({ indexMs }) => indexMs,
  checkpoint: ({ checkpointMs }) => checkpointMs,
  'no-core': ({ noCoreMs }) => noCoreMs,
  discard: ({ discardMs }) => discardMs,
  'disk-flush': ({ flushMs }) => flushMs,
  'log-append': ({ operations }) => operations.logAppend.latencyMs,
  'segment-sync': ({ operations }) => operations.segmentSync.latencyMs,
  'segment-write': ({ operations }) => operations.segmentWrite.latencyMs,
  'event-loop': ({ heldMs }) => heldMs,
  queue: ({ operations }) => operations.queueWait.latencyMs,
}

const OPERATION_CAUSES: readonly Cause[] = ['log-append', 'segment-sync', 'segment-write', 'queue']

describe('nameCauses', () => {
  it.each<[Cause, Counters]>([
    ['gc', counters({ gcMs: 80, heldMs: 95 })],
    ['page-faults', counters({ faultMs: 75, heldMs: 95, gcMs: 10 })],
    ['index', counters({ indexMs: 100, heldMs: 90 })],
    ['checkpoint', counters({ checkpointMs: 90 })],
    ['no-core', counters({ noCoreMs: 85, heldMs: 80 })],
    ['log-append', counters({}, { logAppend: { busyMs: 100, latencyMs: 400 } })],
    ['segment-sync', counters({}, { segmentSync: { busyMs: 300, latencyMs: 400 } })],
    ['segment-write', counters({}, { segmentWrite: { busyMs: 400, latencyMs: 90 } })],
    ['discard', counters({ discardMs: 60 })],
    ['disk-flush', counters({ flushMs: 90 })],
    ['event-loop', counters({ heldMs: 95 })],
    ['queue', counters({}, { queueWait: { busyMs: 100, latencyMs: 200 } })],
    ['unknown', counters()],
    ['unknown', counters({ gcMs: 15, heldMs: 15 })],
  ])('names %s', (cause, now) => {
    expect(causeOf(slow(now))).toBe(cause)
  })

  it('knows what makes others slow: a held loop, for one, makes syncs seem long', () => {
    const sync = { segmentSync: { busyMs: 100, latencyMs: 300 } }
    expect(causeOf(slow(counters({ gcMs: 70, heldMs: 100 }, sync)))).toBe('gc')
    const queue = { ...sync, queueWait: { busyMs: 100, latencyMs: 500 } }
    expect(causeOf(slow(counters({}, queue)))).toBe('segment-sync')
  })

  it('takes the slower one of several operations', () => {
    const both = {
      logAppend: { busyMs: 100, latencyMs: 30 },
      segmentSync: { busyMs: 100, latencyMs: 200 },
    }
    expect(causeOf(slow(counters({}, both)))).toBe('segment-sync')
  })

  it('names what held up the window before, where nothing of its own explains it', () => {
    const collected = counters({ gcMs: 90, heldMs: 95 })
    expect(causeOf(slow(counters(), collected))).toBe('gc')
    const own = counters({ checkpointMs: 100 })
    expect(causeOf(slow(own, collected))).toBe('checkpoint')
  })

  it('names what explains a quarter of the loss rather than the loop that it held', () => {
    expect(causeOf(slow(counters({ faultMs: 30, heldMs: 95 })))).toBe('page-faults')
  })

  it('does not blame what goes on all the time', () => {
    const building = ordinaryWindows(40).map(({ bytes }) => ({
      bytes,
      counters: counters({ indexMs: 100 }),
    }))
    expect(causeOf(slow(counters({ indexMs: 100 })), building)).toBe('unknown')
  })

  it('names an operation that was slow rather than what the disk did for everybody', () => {
    const sync = { segmentSync: { busyMs: 100, latencyMs: 300 } }
    expect(causeOf(slow(counters({ discardMs: 80, flushMs: 95 }, sync)))).toBe('segment-sync')
  })

  it('does not blame the disk for a little that it does for everybody', () => {
    expect(causeOf(slow(counters({ discardMs: 45 })))).toBe('unknown')
    expect(causeOf(slow(counters({ flushMs: 59 })))).toBe('unknown')
    const gc = counters({ gcMs: 30, discardMs: 45 })
    expect(causeOf(slow(gc))).toBe('gc')
  })

  it('names what slowed two windows of real soaks down, which no latency explained', () => {
    // One of five ordinary windows had slower appends than these two.
    const among = (ms: Partial<Counters>, latencyMs: number): CountedWindow[] =>
      ordinaryWindows(40).map(({ bytes }, index) => {
        const logAppend = { busyMs: 90, latencyMs: index % 5 === 0 ? 2 * latencyMs : latencyMs }
        return { bytes, counters: counters(ms, { logAppend }) }
      })
    const window = (ms: Partial<Counters>, latencyMs: number): CountedWindow => ({
      bytes: 597,
      counters: counters(ms, { logAppend: { busyMs: 90, latencyMs } }),
    })
    // 188 MB were discarded, and nothing was acknowledged for 35 ms.
    const discarding = window({ discardMs: 37.5, flushMs: 11 }, 10)
    expect(causeOf(discarding, among({ discardMs: 2, flushMs: 11 }, 8.2))).toBe('discard')
    // Two appends of 28 and 20 ms among shorter ones.
    const flushing = window({ discardMs: 2, flushMs: 56 }, 14.3)
    expect(causeOf(flushing, among({ discardMs: 2, flushMs: 16.6 }, 8.8))).toBe('disk-flush')
  })

  it('tells how much of the loss is explained', () => {
    const windows = [...ordinaryWindows(40), { bytes: 515, counters: counters({ gcMs: 28 }) }]
    // Half of 1,030 bytes: 50 ms are missing, 25 beyond the median of 3 are explained.
    expect(nameCauses(windows, WINDOW_MS).at(-1)).toEqual({ cause: 'gc', share: 0.5 })
  })

  it('has nothing to say of no windows, or of windows without bytes', () => {
    expect(nameCauses([], WINDOW_MS)).toEqual([])
    const idle = { bytes: 0, counters: counters() }
    expect(nameCauses([idle, idle], WINDOW_MS)).toEqual([undefined, undefined])
  })

  it('names exactly the windows below 60 % of the median', () => {
    fc.assert(
      fc.property(anyWindows, (windows) => {
        const names = nameCauses(windows, WINDOW_MS)
        expect(names).toHaveLength(windows.length)
        const least = windows.length === 0 ? 0 : 0.6 * median(windows.map(({ bytes }) => bytes))
        windows.forEach(({ bytes }, index) => {
          expect(names[index] !== undefined).toBe(bytes < least)
        })
      }),
    )
  })

  it('never names a cause whose counter is ordinary', () => {
    fc.assert(
      fc.property(anyWindows, (windows) => {
        const names = nameCauses(windows, WINDOW_MS)
        const ordinary = windows.filter((_, index) => names[index] === undefined)
        windows.forEach(({ counters: now, before }, index) => {
          const cause = names[index]?.cause
          if (cause === undefined || cause === 'unknown') return
          const levels = ordinary.map(({ counters: each }) => LEVELS[cause](each))
          const known = OPERATION_CAUSES.includes(cause) ? levels.filter((ms) => ms > 0) : levels
          const most = known.length === 0 ? 0 : percentile(known, 90)
          const found = Math.max(LEVELS[cause](now), before ? LEVELS[cause](before) : 0)
          expect(found).toBeGreaterThan(most)
        })
      }),
    )
  })

  it('looks at no order of windows', () => {
    const shuffled = anyWindows.chain((windows) =>
      fc.tuple(
        fc.constant(windows),
        fc.shuffledSubarray([...windows.keys()], {
          minLength: windows.length,
          maxLength: windows.length,
        }),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([windows, order]) => {
        const names = nameCauses(windows, WINDOW_MS)
        const others = order.map((index) => windows[index] as CountedWindow)
        expect(nameCauses(others, WINDOW_MS)).toEqual(order.map((index) => names[index]))
      }),
    )
  })

  it('names a counter that alone is out of the ordinary', () => {
    fc.assert(
      fc.property(anyCounters, fc.double({ min: 60, max: 100, noNaN: true }), (quiet, gcMs) => {
        const still = { ...quiet, gcMs: 5 }
        const among = Array.from({ length: 20 }, () => ({ bytes: 1000, counters: still }))
        const window = { bytes: 0, counters: { ...still, gcMs } }
        expect(causeOf(window, among)).toBe('gc')
      }),
    )
  })
})
