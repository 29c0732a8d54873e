import { describe, expect, it } from 'vitest'
import { type IngestSettings, open } from '../../../src/index.js'

const DIMENSION = 8

/** Rows `from` to `to - 1` of 8 elements, each the number of its row. */
function rows(from: number, to: number): { ids: number[]; vectors: Float32Array } {
  const ids = Array.from({ length: to - from }, (_, i) => from + i)
  return { ids, vectors: Float32Array.from(ids.flatMap((id) => new Array(DIMENSION).fill(id))) }
}

async function openDocs(ingest: IngestSettings) {
  const database = await open({ ingest })
  const docs = await database.collection('docs', { dimension: DIMENSION, metric: 'l2' })
  const before = database.stats().commits.records
  const records = (): number => database.stats().commits.records - before
  return { database, docs, records }
}

function* smallBatches(count: number) {
  for (let from = 0; from < 10 * count; from += 10) yield rows(from, from + 10)
}

describe('small batches', () => {
  it('share a record of the log', async () => {
    const { database, docs, records } = await openDocs({ lingerMs: 60_000 })
    await docs.ingest(smallBatches(100))
    expect(records()).toBe(1)
    expect(await docs.count()).toBe(1000)
    await database.close()
  })

  it.each([
    ['batchRowsMax', { batchRowsMax: 50, lingerMs: 60_000 }, 20],
    ['batchBytesMax', { batchBytesMax: 100 * 40, lingerMs: 60_000 }, 10],
    ['lingerMs 0', { lingerMs: 0 }, 100],
    ['batchRowsMax 1', { batchRowsMax: 1 }, 1000],
  ] as const)('share one within %s', async (_, settings, expected) => {
    const { database, docs, records } = await openDocs(settings)
    await docs.ingest(smallBatches(100))
    expect(records()).toBe(expected)
    await database.close()
  })

  it('are acknowledged while the source has no more to give', async () => {
    const { database, docs } = await openDocs({})
    let onRows: (rows: number) => void = () => undefined
    const source = async function* () {
      for (let from = 0; from < 30; from += 10) {
        const acknowledged = new Promise((resolve) => {
          onRows = resolve
        })
        yield rows(from, from + 10)
        expect(await acknowledged).toBe(from + 10)
        expect(await docs.count()).toBe(from + 10)
      }
    }
    await docs.ingest(source(), { onProgress: (progress) => onRows(progress.rows) })
    await database.close()
  })

  it('wait for more while the source may give it, and no other write waits for them', async () => {
    const { database, docs, records } = await openDocs({ lingerMs: 60_000 })
    const source = async function* () {
      yield rows(0, 10)
      await docs.upsert(rows(100, 101))
      expect(await docs.count()).toBe(1)
      yield rows(10, 20)
    }
    await docs.ingest(source())
    expect(records()).toBe(2)
    expect(await docs.count()).toBe(21)
    await database.close()
  })

  it('with other ids than the collection has are refused, with their place', async () => {
    const { database, docs } = await openDocs({ lingerMs: 60_000 })
    const source = [rows(0, 10), rows(10, 20), { ids: ['x'], vectors: rows(0, 1).vectors }]
    await expect(docs.ingest(source)).rejects.toMatchObject({
      code: 'SLUICE_SCHEMA_MISMATCH',
      details: { sourceRow: 20, rowsAcknowledged: 20 },
    })
    await database.close()
  })

  it('that have a bad row fail before the source that throws behind them', async () => {
    const { database, docs } = await openDocs({ lingerMs: 60_000 })
    const bad = rows(10, 20)
    bad.vectors[5 * DIMENSION] = Number.NaN
    const source = function* () {
      yield rows(0, 10)
      yield bad
      throw new RangeError('mine')
    }
    await expect(docs.ingest(source())).rejects.toMatchObject({
      code: 'SLUICE_NON_FINITE_VECTOR',
      message: expect.stringContaining('row 5'),
      details: { row: 5, sourceRow: 15, rowsAcknowledged: 10 },
    })
    await database.close()
  })

  it('are written one by one where together they are refused', async () => {
    const { database, docs } = await openDocs({ lingerMs: 60_000 })
    const { vectors } = rows(0, 3)
    const source = [{ vectors }, { ids: [1, 2, 3], vectors }, { ids: [3, 9, 1], vectors }]
    await expect(docs.ingest(source)).rejects.toMatchObject({
      details: { sourceRow: 7, rowsAcknowledged: 6 },
    })
    expect(await docs.count()).toBe(3)
    await database.close()
  })
})
