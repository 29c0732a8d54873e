/** Mistakes that are easy to make: the message says what was meant. */
import { describe, expect, it } from 'vitest'
import { type Collection, open } from '../../src/index.js'

describe('a hint', () => {
  it.each<readonly [string, (docs: Collection) => Promise<unknown>, string]>([
    ['open, given a path', () => open('./data' as never), 'such as { path }, got "./data"'],
    ['delete, given ids', (docs) => docs.delete(['a'] as never), '{ ids: […] }, got an array of 1'],
    [
      'search, given a vector',
      (docs) => docs.search(new Float32Array(3) as never),
      'such as { vector }',
    ],
    [
      'search, given numbers',
      (docs) => docs.search([1, 2, 3] as never),
      'such as { vector }, got an array of 3',
    ],
    [
      'searchMany, given vectors',
      (docs) => docs.searchMany([[1, 2, 3]] as never),
      'such as { vectors }',
    ],
    [
      'add, given vectors',
      (docs) => docs.add([[1, 2, 3]] as never),
      'such as { ids, vectors }, got an array of 1',
    ],
    [
      'add, given numbers in one array',
      (docs) => docs.add({ vectors: [1, 2, 3] as never }),
      'vectors: row 0: expected an array of 3 numbers ' +
        '(rows as [[…], …], or all numbers in one Float32Array), got 1',
    ],
  ])('is in the error of %s', async (_, call, message) => {
    const database = await open()
    const docs = await database.collection('docs', { dimension: 3 })
    await expect(call(docs)).rejects.toMatchObject({
      name: 'InvalidArgumentError',
      code: 'SLUICE_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    })
    await database.close()
  })
})
