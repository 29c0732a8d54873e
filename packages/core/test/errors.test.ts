import { describe, expect, it } from 'vitest'
import * as api from '../src/index.js'
import { documentedCodes, tabledCodes } from './support/code-table.js'

const SOURCE = new URL('../src/errors.ts', import.meta.url)

describe('docs/errors.md', () => {
  it('says of every code what the source says', async () => {
    const codes = await documentedCodes(SOURCE)
    expect(codes.length).toBeGreaterThan(15)
    expect(await tabledCodes(/SLUICE_(?!WARN_)/)).toEqual(codes)
  })

  it('names classes that are exported', async () => {
    for (const { of: classes } of await documentedCodes(SOURCE)) {
      for (const name of classes.split(', ')) expect(api).toHaveProperty(name)
    }
  })
})
