import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkpointFileName,
  checkpointNumberOf,
} from '../../../src/database/checkpoint/checkpoint-name.js'

describe('the name of a checkpoint file', () => {
  it('states its number, in 10 digits', () => {
    expect(checkpointFileName(42)).toBe('0000000042.checkpoint')
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffff_ffff }), (number) => {
        expect(checkpointNumberOf(checkpointFileName(number))).toBe(number)
      }),
    )
  })

  it('is no other name, and no number that a file cannot have', () => {
    const others = ['manifest.json', '42.checkpoint', '0000000042.checkpoint.new', '']
    for (const name of [...others, ...[0, 2 ** 32, 9_999_999_999].map(checkpointFileName)]) {
      expect(checkpointNumberOf(name)).toBeUndefined()
    }
  })
})
