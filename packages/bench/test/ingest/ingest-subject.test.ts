import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SHAPE_OPTIONS } from '../../src/common-options.js'
import {
  INGEST_SUBJECT_OPTIONS,
  type IngestSubject,
  loadIngestSubject,
} from '../../src/ingest/ingest-subject.js'
import { parseOptions } from '../../src/options.js'

const DIMENSION = 3
const FILE_ROWS = 25
const TABLE = {
  ...SHAPE_OPTIONS,
  ...INGEST_SUBJECT_OPTIONS,
  batch: { value: 'n', fallback: '7', help: 'rows of a batch' },
}

/** The numbers of a vector of the file. */
function vectorOf(row: number): number[] {
  return Array.from({ length: DIMENSION }, (_, i) => row * DIMENSION + i)
}

describe('rows of a file', () => {
  let directory = ''
  let file = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
    file = join(directory, 'rows.f32')
    await writeFile(
      file,
      new Float32Array(FILE_ROWS * DIMENSION).map((_, i) => i),
    )
  })
  afterAll(() => rm(directory, { recursive: true }))

  function load(argv: readonly string[], distinct = false): Promise<IngestSubject> {
    const args = ['--dim', `${DIMENSION}`, '--data', file, ...argv]
    return loadIngestSubject(parseOptions(TABLE, args), distinct, () => {})
  }

  /** All rows that batches have, in order. */
  function rowsOf({ workload }: IngestSubject): number[][] {
    const numbers = workload.batches.flatMap(({ vectors }) => [...(vectors as Float32Array)])
    return Array.from({ length: numbers.length / DIMENSION }, (_, row) =>
      numbers.slice(row * DIMENSION, (row + 1) * DIMENSION),
    )
  }

  it('are all but the last, which are the queries', async () => {
    const subject = await load(['--queries', '5'])
    expect(rowsOf(subject)).toEqual(Array.from({ length: 20 }, (_, row) => vectorOf(row)))
    const { queries } = subject.workload
    expect([...new Float32Array(queries.buffer, queries.byteOffset, DIMENSION)]).toEqual(
      vectorOf(20),
    )
    expect(queries.byteLength).toBe(5 * DIMENSION * 4)
    expect(subject.note).toBe(`rows: 20 of ${file}; queries: its last vectors`)
  })

  it('come around again where more are asked for, and the note says so', async () => {
    const subject = await load(['--queries', '5', '--rows', '50'])
    expect(rowsOf(subject)).toEqual(Array.from({ length: 50 }, (_, row) => vectorOf(row % 20)))
    expect(subject.note).toContain('2.5 times over')
  })

  it('are the same to batches of any size and to who looks at a row', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 24 }),
        async (rowCount, batchRows, queryCount) => {
          const counts = ['--rows', `${rowCount}`, '--batch', `${batchRows}`]
          const subject = await load([...counts, '--queries', `${queryCount}`])
          const rows = rowsOf(subject)
          expect(rows).toHaveLength(rowCount)
          rows.forEach((row, i) => {
            expect(row).toEqual(vectorOf(i % (FILE_ROWS - queryCount)))
            const bytes = new Float32Array(subject.workload.bytesOf(i).slice().buffer)
            expect([...bytes]).toEqual(row)
          })
        },
      ),
      { numRuns: 30 },
    ))

  it('are refused where none are left, and copies where no row may be like another', async () => {
    await expect(load(['--queries', '25'])).rejects.toThrow('no rows are left')
    await expect(load(['--queries', '5', '--rows', '21'], true)).rejects.toThrow(
      '--optimize takes at most the 20 rows of --data',
    )
    await expect(load(['--dim', '4'])).rejects.toThrow(/has 300 bytes: .* 4 dimensions \(--dim\)/)
  })
})

it('rows are generated where no file is given', async () => {
  const { workload, note } = await loadIngestSubject(
    parseOptions(TABLE, ['--rows', '1k']),
    false,
    () => {},
  )
  expect(workload.shape).toMatchObject({ rowCount: 1000, dtype: 'float32', dimension: 384 })
  expect(note).toBe('generated rows')
})
