import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HeldRowsWatch } from '../../../src/collection/write/held-rows-watch.js'
import { takeTurn } from '../../../src/ingest/take-turn.js'
import { SerialQueue } from '../../../src/serial-queue.js'
import type { Warn } from '../../../src/warning.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A watch whose collection is held by the first who comes. */
function watched() {
  const turns = new SerialQueue()
  const warnings: unknown[] = []
  const warn: Warn = (warning) => {
    warnings.push(warning)
  }
  const watch = new HeldRowsWatch({ name: 'docs', turns, warn })
  /** Holds rows from its turn on; returns how it ends. */
  const hold = (rowCount: number): Promise<() => Promise<void>> =>
    new Promise((resolve) => {
      const turn = turns.run(async () => {
        watch.hold(rowCount)
        await new Promise<void>((end) => {
          resolve(() => {
            end()
            return turn
          })
        })
        watch.release()
      })
    })
  return { turns, warnings, watch, hold }
}

describe('writes behind a writer that is neither committed nor aborted', () => {
  it('are told of once they have waited for a second, once', async () => {
    const { turns, warnings, hold } = watched()
    const end = await hold(5)
    vi.advanceTimersByTime(5000)
    expect(vi.getTimerCount()).toBe(0)
    const calls = [turns.run(async () => 1), turns.run(async () => 2)]
    vi.advanceTimersByTime(999)
    expect(warnings).toEqual([])
    vi.advanceTimersByTime(1)
    const message =
      'collection "docs": writes wait (2 now) for a writer of 5 rows that was opened 6000 ms ago ' +
      'and is neither committed nor aborted'
    const details = { collection: 'docs', rowCount: 5, openMs: 6000, waiting: 2 }
    const code = 'SLUICE_WARN_WRITER_HELD'
    expect(warnings).toEqual([{ code, message, details }])
    vi.advanceTimersByTime(60_000)
    expect(warnings).toHaveLength(1)
    // Somebody waits: the process is not to end.
    expect(vi.getTimerCount()).toBe(1)
    await end()
    expect(await Promise.all(calls)).toEqual([1, 2])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('are not told of while it commits, and again when that has failed', async () => {
    const { turns, warnings, watch, hold } = watched()
    const end = await hold(1)
    const call = turns.run(async () => 1)
    vi.advanceTimersByTime(900)
    watch.setCommitting(true)
    vi.advanceTimersByTime(5000)
    expect(warnings).toEqual([])
    watch.setCommitting(false)
    vi.advanceTimersByTime(1000)
    expect(warnings).toHaveLength(1)
    await end()
    await call
  })

  it('are not told of when they have given up', async () => {
    const { turns, warnings, hold } = watched()
    const end = await hold(1)
    const controller = new AbortController()
    const { signal } = controller
    const call = takeTurn({ turns, signal, what: 'the write' }, async () => 1)
    const refused = expect(call).rejects.toMatchObject({ name: 'AbortError' })
    expect(vi.getTimerCount()).toBe(1)
    controller.abort()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(5000)
    expect(warnings).toEqual([])
    await refused
    const behind = turns.run(async () => 2)
    expect(vi.getTimerCount()).toBe(1)
    await end()
    expect(await behind).toBe(2)
    expect([turns.waitingCount, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('are told of again for the next one', async () => {
    const { turns, warnings, hold } = watched()
    const first = await hold(1)
    const second = hold(2)
    vi.advanceTimersByTime(1000)
    await first()
    const end = await second
    const call = turns.run(async () => 1)
    vi.advanceTimersByTime(1000)
    expect(warnings).toMatchObject([{ details: { rowCount: 1 } }, { details: { rowCount: 2 } }])
    await end()
    await call
  })
})
