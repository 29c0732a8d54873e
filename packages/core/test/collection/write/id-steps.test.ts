import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inIdSteps } from '../../../src/collection/write/id-steps.js'

it('covers every id once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 20_000 }), async (count) => {
      let next = 0
      await inIdSteps(count, (from, to) => {
        expect(from).toBe(next)
        expect(to).toBeGreaterThan(from)
        next = to
      })
      expect(next).toBe(count)
    }),
  )
})

it('stops at what the work throws', async () => {
  const mine = new Error('mine')
  let calls = 0
  const walk = inIdSteps(10_000, () => {
    calls++
    throw mine
  })
  await expect(walk).rejects.toBe(mine)
  expect(calls).toBe(1)
})
