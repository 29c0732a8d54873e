import { describe, expect, it } from 'vitest'
import { type Answers, ask, Examiner } from '../../src/database/answers.js'
import { openDatabase } from '../../src/database/open-database.js'
import { type IdForm, Workload } from '../../src/vectors/workload.js'

const SHAPE = {
  dtype: 'float32',
  dimension: 16,
  rowCount: 500,
  batchRows: 64,
  ids: 'u64',
  seed: 1,
} as const

async function answersOf(workload: Workload, examiner: Examiner): Promise<Answers> {
  const { database } = await openDatabase({ directory: '', wal: 'memory' })
  try {
    const { dimension, dtype } = workload.shape
    const collection = await database.collection('bench', { dimension, dtype })
    await collection.ingest(workload.batches)
    return await ask(collection, examiner.questions)
  } finally {
    await database.close()
  }
}

describe('Examiner', () => {
  it.each<[IdForm, number | undefined]>([
    ['u64', undefined],
    ['u64', 120],
    ['string', 120],
    ['assigned', undefined],
  ])('accepts what a database says that has it all, ids %s, %s of them', async (ids, idCount) => {
    const shape = { ...SHAPE, ids, ...(idCount === undefined ? {} : { idCount }) }
    const workload = new Workload(shape, 5)
    const examiner = new Examiner(workload)
    expect(examiner.judge(await answersOf(workload, examiner))).toBe(1)
    expect(examiner.questions.ids).toHaveLength(100)
  })

  it('refuses a wrong count, missing and wrong rows, and poor hits', async () => {
    const workload = new Workload(SHAPE, 5)
    const examiner = new Examiner(workload)
    const right = await answersOf(workload, examiner)
    const [first, ...others] = right.vectors
    const wrong: [Partial<Answers>, string][] = [
      [{ rowCount: 499 }, '499 rows instead of 500'],
      [{ vectors: [undefined, ...others] }, 'row 0 is missing'],
      [{ vectors: [others[0], ...others] }, 'row 0 is not what was written'],
      [{ vectors: [first, ...others.slice(0, -1), undefined] }, 'row 499 is missing'],
      [{ hits: [[], ...right.hits.slice(1)] }, 'the recall is 0.8'],
    ]
    for (const [part, message] of wrong) {
      expect(() => examiner.judge({ ...right, ...part }), message).toThrow(message)
    }
  })
})
