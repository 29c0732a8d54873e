import { describe, expect, it } from 'vitest'
import * as api from '../src/index.js'
import { documentedCodes, tabledCodes } from './support/code-table.js'

const SOURCE = new URL('../src/errors.ts', import.meta.url)

describe('an error', () => {
  it('is taken by JSON.stringify, with the ids that it speaks of', async () => {
    const database = await api.open()
    const docs = await database.collection('docs', { dimension: 2 })
    const batch = { ids: [2n ** 64n - 1n], vectors: new Float32Array(2) }
    await docs.add(batch)
    const error: unknown = await docs.add(batch).catch((reason: unknown) => reason)
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: {
        name: 'InvalidArgumentError',
        code: 'SLUICE_DUPLICATE_ID',
        message: expect.stringContaining('row 0'),
        retryable: false,
        details: { row: 0, id: '18446744073709551615' },
      },
    })
    await database.close()
  })

  it('of an ingest is too, with what was acknowledged', async () => {
    const database = await api.open()
    const docs = await database.collection('docs', { dimension: 2 })
    const source = [
      { ids: [2n ** 63n], vectors: new Float32Array(2) },
      { ids: [7n], vectors: [] },
    ]
    const error: unknown = await docs.ingest(source).catch((reason: unknown) => reason)
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      name: 'InvalidArgumentError',
      details: { rowsAcknowledged: 1 },
    })
    await database.close()
  })
})

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
