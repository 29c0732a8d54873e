import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitByOverlap, type TimeSpan } from '../src/time-span.js'

const span = (startMs: number, endMs: number): TimeSpan => ({ startMs, endMs })

describe('splitByOverlap', () => {
  it('tells what happened during something from what happened between', () => {
    const spans = [span(0, 10), span(10, 20), span(18, 21), span(30, 45), span(50, 51)]
    const others = [span(20, 30), span(40, 41)]
    expect(splitByOverlap(spans, others)).toEqual({ during: [3, 15], outside: [10, 10, 1] })
  })

  it('counts nothing as during when nothing went on', () => {
    expect(splitByOverlap([span(1, 3)], [])).toEqual({ during: [], outside: [2] })
  })

  it('puts every span on one side, by whether they share an instant', () => {
    const spans = fc.array(
      fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 9 })).map(([at, length]) => {
        return span(at, at + length)
      }),
    )
    fc.assert(
      fc.property(spans, spans, (all, others) => {
        const { during, outside } = splitByOverlap(all, others)
        expect(during.length + outside.length).toBe(all.length)
        const instants = new Set(
          others.flatMap(({ startMs, endMs }) => {
            return Array.from({ length: endMs - startMs }, (_, i) => startMs + i)
          }),
        )
        const expected = all.filter(({ startMs, endMs }) => {
          return Array.from({ length: endMs - startMs }, (_, i) => startMs + i).some((instant) =>
            instants.has(instant),
          )
        })
        expect(during).toEqual(expected.map(({ startMs, endMs }) => endMs - startMs))
      }),
    )
  })
})
