import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReadPins } from '../../../src/collection/state/read-pins.js'

/** Whether a promise has settled by the end of this turn of the event loop. */
async function hasSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false
  void promise.then(() => {
    settled = true
  })
  await nextTurn()
  return settled
}

describe('ReadPins', () => {
  it('is quiet when nobody reads', async () => {
    expect(await hasSettled(new ReadPins().whenQuiet())).toBe(true)
  })

  it('waits for the reads under way, and not for later ones', async () => {
    const pins = new ReadPins()
    const leave = pins.enter()
    const quiet = pins.whenQuiet()
    pins.enter()
    expect(await hasSettled(quiet)).toBe(false)
    leave()
    expect(await hasSettled(quiet)).toBe(true)
    expect(await hasSettled(pins.whenQuiet())).toBe(false)
  })

  it('waits for a read that an earlier call waits for already', async () => {
    const pins = new ReadPins()
    const leaveFirst = pins.enter()
    void pins.whenQuiet()
    const leaveSecond = pins.enter()
    const quiet = pins.whenQuiet()
    leaveSecond()
    expect(await hasSettled(quiet)).toBe(false)
    leaveFirst()
    expect(await hasSettled(quiet)).toBe(true)
  })

  it('counts a read that leaves twice once', async () => {
    const pins = new ReadPins()
    const leave = pins.enter()
    pins.enter()
    leave()
    leave()
    expect(await hasSettled(pins.whenQuiet())).toBe(false)
  })

  it('is quiet exactly when every read that had entered before the call has left', async () => {
    const step = fc.oneof(
      fc.constant({ kind: 'enter' as const, index: 0 }),
      fc.constant({ kind: 'ask' as const, index: 0 }),
      fc.record({ kind: fc.constant('leave' as const), index: fc.nat(9) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const pins = new ReadPins()
        const inside = new Map<number, () => void>()
        const asked: { readonly quiet: Promise<void>; readonly waitsFor: readonly number[] }[] = []
        for (const [number, { kind, index }] of steps.entries()) {
          if (kind === 'enter') inside.set(number, pins.enter())
          if (kind === 'ask') asked.push({ quiet: pins.whenQuiet(), waitsFor: [...inside.keys()] })
          const leaving = [...inside.keys()][index]
          if (kind === 'leave' && leaving !== undefined) {
            inside.get(leaving)?.()
            inside.delete(leaving)
          }
          for (const { quiet, waitsFor } of asked) {
            expect(await hasSettled(quiet)).toBe(!waitsFor.some((read) => inside.has(read)))
          }
        }
      }),
    )
  })
})
