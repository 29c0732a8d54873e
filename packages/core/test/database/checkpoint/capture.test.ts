import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { captureDatabase, endCapture } from '../../../src/database/checkpoint/capture.js'
import { emptyState } from '../../collection/live-collection.js'

it('a capture keeps the memory of its rows until it ends, once for all', async () => {
  const states = [emptyState(), emptyState()]
  const capture = captureDatabase({ states, nextId: 2 }, 7n)
  const quiet = new Set<number>()
  for (const [i, state] of states.entries()) void state.reads.whenQuiet().then(() => quiet.add(i))
  await nextTurn()
  expect([...quiet]).toEqual([])
  capture.collections[1]?.leave()
  await nextTurn()
  expect([...quiet]).toEqual([1])
  endCapture(capture)
  endCapture(capture)
  await nextTurn()
  expect([...quiet]).toEqual([1, 0])
})
