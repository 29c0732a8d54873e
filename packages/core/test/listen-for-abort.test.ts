import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listenForAbort } from '../src/listen-for-abort.js'

const COUNT = 5

describe('listenForAbort', () => {
  it('calls all who listen once, in their order, and not those who have stopped', () => {
    const controller = new AbortController()
    const heard: string[] = []
    listenForAbort(controller.signal, () => heard.push('first'))
    const stop = listenForAbort(controller.signal, () => heard.push('second'))
    listenForAbort(controller.signal, () => heard.push('third'))
    stop()
    controller.abort()
    controller.abort()
    expect(heard).toEqual(['first', 'third'])
  })

  it('calls nobody who comes after the signal has fired', () => {
    const controller = new AbortController()
    const heard: string[] = []
    listenForAbort(controller.signal, () => {
      listenForAbort(controller.signal, () => heard.push('too late'))()
      heard.push('in time')
    })
    controller.abort()
    listenForAbort(controller.signal, () => heard.push('too late'))()
    expect(heard).toEqual(['in time'])
  })

  it('lets one who is called stop another', () => {
    const controller = new AbortController()
    const heard: string[] = []
    const stops: (() => void)[] = []
    for (const name of ['first', 'second', 'third']) {
      const listener = (): void => {
        heard.push(name)
        stops[1]?.()
      }
      stops.push(listenForAbort(controller.signal, listener))
    }
    controller.abort()
    expect(heard).toEqual(['first', 'third'])
  })

  it('has one listener at a signal while somebody waits, and none otherwise', () => {
    const step = fc.record({ who: fc.nat(COUNT - 1), listens: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const controller = new AbortController()
        const waiting = new Map<number, () => void>()
        const heard: number[] = []
        for (const { who, listens } of steps) {
          waiting.get(who)?.()
          waiting.delete(who)
          if (listens)
            waiting.set(
              who,
              listenForAbort(controller.signal, () => heard.push(who)),
            )
          const listeners = getEventListeners(controller.signal, 'abort')
          expect(listeners).toHaveLength(Math.min(1, waiting.size))
        }
        controller.abort()
        expect(heard).toEqual([...waiting.keys()])
        expect(getEventListeners(controller.signal, 'abort')).toEqual([])
      }),
    )
  })
})
