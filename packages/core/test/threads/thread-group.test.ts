import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ThreadGroup } from '../../src/threads/thread-group.js'

/** One that does nothing, and ends when it is told to. */
class IdleThread {
  readonly number: number
  readonly ended: Promise<void>
  callCount = 0
  readonly #end: () => void

  constructor(number: number, onEnd: () => void) {
    this.number = number
    const { promise, resolve } = deferred()
    this.ended = promise
    this.#end = () => {
      onEnd()
      resolve()
    }
  }

  async end(): Promise<void> {
    this.#end()
    await this.ended
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** A group that can have so many threads. */
function groupOf(startMax = Number.POSITIVE_INFINITY) {
  const started: IdleThread[] = []
  const reasons: string[] = []
  const group = new ThreadGroup<IdleThread>({
    start: (onEnd) => {
      if (started.length >= startMax) throw new Error('no more threads')
      const thread = new IdleThread(started.length, onEnd)
      started.push(thread)
      return thread
    },
    refuse: (reason) => reasons.push(reason),
    idleMs: 1000,
  })
  return { group, started, reasons }
}

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a ThreadGroup', () => {
  it('starts threads when it is told to, and knows which of them have least to do', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 20 }), (counts) => {
        const { group, started } = groupOf()
        for (const count of counts) {
          expect(group.start()).toBe(true)
          started.at(-1)!.callCount = count
        }
        const freest = group.freest()
        expect(freest.map(({ callCount }) => callCount)).toEqual(counts.sort((a, b) => a - b))
        expect(new Set(freest).size).toBe(group.size)
      }),
    )
  })

  it('says why when it can have no thread, but not when it can have no more', () => {
    const none = groupOf(0)
    expect(none.group.start()).toBe(false)
    expect(none.reasons).toEqual(['a thread could not be started: no more threads'])
    const one = groupOf(1)
    expect([one.group.start(), one.group.start(), one.group.size]).toEqual([true, false, 1])
    expect(one.reasons).toEqual([])
  })

  it('ends threads once there was no call for some time', async () => {
    const { group, started } = groupOf()
    group.start()
    const [first, second] = [deferred(), deferred()]
    const calls = [first, second].map(({ promise }) => group.during(() => promise))
    first.resolve()
    await calls[0]
    vi.advanceTimersByTime(5000)
    expect(group.size).toBe(1)
    second.resolve()
    await calls[1]
    vi.advanceTimersByTime(999)
    await group.during(async () => vi.advanceTimersByTime(5000))
    vi.advanceTimersByTime(999)
    expect(group.size).toBe(1)
    vi.advanceTimersByTime(1)
    expect(group.size).toBe(0)
    await started[0]!.ended
  })

  it('waits likewise after a call that fails, which fails with what it threw', async () => {
    const { group } = groupOf()
    group.start()
    await expect(group.during(() => Promise.reject(new Error('not today')))).rejects.toThrow(
      'not today',
    )
    expect(group.size).toBe(1)
    vi.advanceTimersByTime(1000)
    expect(group.size).toBe(0)
  })

  it('has no thread any more that ended by itself', async () => {
    const { group, started } = groupOf()
    group.start()
    group.start()
    await started[0]!.end()
    expect(group.freest().map(({ number }) => number)).toEqual([1])
  })

  it('ends all threads when it is told to, waiting for those at their end', async () => {
    const { group, started } = groupOf()
    group.start()
    const { promise, resolve } = deferred()
    vi.spyOn(started[0]!, 'end').mockReturnValue(promise)
    await group.during(async () => undefined)
    vi.advanceTimersByTime(1000)
    group.start()
    let isEnded = false
    const ended = group.end().then(() => {
      isEnded = true
    })
    expect(group.size).toBe(0)
    await started[1]!.ended
    await vi.advanceTimersByTimeAsync(0)
    expect(isEnded).toBe(false)
    resolve()
    await ended
    expect(vi.getTimerCount()).toBe(0)
  })
})
