import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freeBytesOf, isRoomFor, noSpace } from '../src/free-space.js'

it('tells the free bytes of a directory, and nothing of one that is not there', () => {
  expect(freeBytesOf(tmpdir())).toBeGreaterThan(0)
  expect(freeBytesOf(join(tmpdir(), 'not', 'there'))).toBeUndefined()
})

it('wants room for the values and a margin, where it is known how much there is', () => {
  const mib = 1024 * 1024
  expect(isRoomFor(10, 10 + mib)).toBe(true)
  expect(isRoomFor(10, 9 + mib)).toBe(false)
  expect(isRoomFor(10, undefined)).toBe(true)
})

it('names what failed, how much was wanted and how much is free', () => {
  const error = noSpace('commit to the log', 4096, { directory: '/data', freeBytes: 12 })
  expect(error).toMatchObject({
    code: 'SLUICE_NO_SPACE',
    message: 'commit to the log failed: no space left for 4096 bytes',
    details: { directory: '/data', operation: 'commit to the log', freeBytes: 12 },
  })
})
