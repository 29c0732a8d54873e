import { describe, expect, it } from 'vitest'
import { textTable } from '../src/text-table.js'

describe('textTable', () => {
  it('aligns the first column to the left, the others to the right', () => {
    const table = textTable([
      ['what', '128', '1536'],
      ['a', '1', '2'],
      ['longer', '1,000', ''],
    ])
    expect(table.split('\n')).toEqual([
      'what      128  1536', //
      'a           1     2',
      'longer  1,000',
    ])
  })
})
