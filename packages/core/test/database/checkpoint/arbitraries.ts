/** Random checkpoints, as fast-check makes them, and how two are compared. */

import fc from 'fast-check'
import type {
  Checkpoint,
  CheckpointedCollection,
  CheckpointedSegment,
} from '../../../src/database/checkpoint/checkpoint.js'
import { rowsPerSegmentIn } from '../../../src/database/checkpoint/checkpoint-rules.js'
import { DTYPES } from '../../../src/dtype.js'
import { METRICS, metricFits } from '../../../src/metric.js'
import type { StoredSchema } from '../../../src/schema.js'
import { retentions } from '../../wal/record/arbitraries.js'

const ROWS_MAX = 20_000
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })

/** Dimensions with which 32 to a few thousand rows fill a segment. */
const schemas: fc.Arbitrary<StoredSchema> = fc
  .record({
    dimension: fc.integer({ min: 64, max: 4096 }),
    dtype: fc.constantFrom(...DTYPES),
    metric: fc.constantFrom(...METRICS),
    segmentBytes: fc.constant(2 ** 18),
    index: fc.constantFrom({ type: 'codes' as const }, { type: 'flat' as const }),
    retention: fc.option(retentions, { nil: undefined }),
  })
  .map(({ retention, ...schema }) => (retention ? { ...schema, retention } : schema))
  .filter((schema) => metricFits(schema.metric, schema.dtype))
  .filter((schema) => rowsPerSegmentIn({ schema }) > 0)

/** The alive bits of one segment: none, all, or any. */
function bitsOf(rowCount: number): fc.Arbitrary<Uint32Array> {
  const wordCount = Math.ceil(rowCount / 32)
  return fc
    .oneof(
      fc.constant(new Uint32Array(wordCount)),
      fc.constant(new Uint32Array(wordCount).fill(0xffff_ffff)),
      fc.uint32Array({ minLength: wordCount, maxLength: wordCount }),
    )
    .map((words) => {
      const clean = words.slice()
      for (let bit = rowCount; bit < wordCount * 32; bit++) {
        clean[bit >>> 5] = (clean[bit >>> 5] ?? 0) & ~(1 << (bit & 31))
      }
      return clean
    })
}

interface GeneratedSegment extends CheckpointedSegment {
  readonly words: Uint32Array
}

function segmentOf(rowCount: number, isLast: boolean): fc.Arbitrary<GeneratedSegment> {
  return fc.record({
    freed: isLast ? fc.constant(false) : fc.boolean(),
    rowCount: fc.constant(rowCount),
    rowsCrc: u32,
    columnBytes: fc.maxSafeNat(),
    writtenSeconds: u32,
    words: bitsOf(rowCount),
  })
}

function segmentsOf(
  visibleRows: number,
  rowsPerSegment: number,
): fc.Arbitrary<readonly GeneratedSegment[]> {
  const rowCounts: number[] = []
  for (let rest = visibleRows; rest > 0; rest -= rowsPerSegment) {
    rowCounts.push(Math.min(rest, rowsPerSegment))
  }
  const last = rowCounts.length - 1
  return fc.tuple(...rowCounts.map((rowCount, index) => segmentOf(rowCount, index === last)))
}

/** When rows within segments were written: few rows, so that most lists are short. */
function timesOf(visibleRows: number): fc.Arbitrary<Uint32Array> {
  if (visibleRows < 2) return fc.constant(new Uint32Array(0))
  const rows = fc.uniqueArray(fc.integer({ min: 1, max: visibleRows - 1 }), { maxLength: 8 })
  const seconds = fc.array(u32, { minLength: 8, maxLength: 8 })
  const rising = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)
  return fc.tuple(rows.map(rising), seconds.map(rising)).map(([toRows, written]) => {
    return Uint32Array.from(toRows.flatMap((row, i) => [row, written[i] ?? 0]))
  })
}

const collections: fc.Arbitrary<CheckpointedCollection> = fc
  .record({
    id: fc.nat({ max: 10_000 }),
    name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
    schema: schemas,
    idKind: fc.constantFrom('u64', 'string', 'assigned', undefined),
    nextId: fc.maxSafeInteger().map((id) => Math.abs(id) || 1),
    visibleRows: fc.nat({ max: ROWS_MAX }),
    segmentsMax: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ segmentsMax, ...given }) => {
    const { idKind, schema } = given
    const rowsPerSegment = rowsPerSegmentIn({ schema })
    const rows = Math.min(given.visibleRows, segmentsMax * rowsPerSegment)
    const visibleRows = idKind === undefined ? 0 : rows
    const nextId = idKind === 'assigned' ? given.nextId : 0
    const rowsParts = fc.tuple(segmentsOf(visibleRows, rowsPerSegment), timesOf(visibleRows))
    return rowsParts.map(([segments, times]) => ({
      ...given,
      nextId,
      visibleRows,
      times,
      segments: segments.map(({ words, ...segment }) => segment),
      aliveWords: (index: number) => segments[index]?.words ?? new Uint32Array(0),
    }))
  })

/** Any good checkpoint. */
export const checkpoints: fc.Arbitrary<Checkpoint> = fc.record({
  number: fc.integer({ min: 1, max: 0xffff_ffff }),
  lsn: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  epoch: u32,
  nextCollectionId: fc.integer({ min: 10_001, max: 0xffff_ffff }),
  collections: fc.uniqueArray(collections, {
    maxLength: 4,
    comparator: (a, b) => a.id === b.id || a.name === b.name,
  }),
})

/** A checkpoint of two collections, with segments of every sort, in about 450 bytes. */
export function smallCheckpoint(number: number, lsn = 77n): Checkpoint {
  // 32 rows of 8,000 bytes fill a segment.
  const schema = {
    dimension: 1000,
    dtype: 'float64',
    metric: 'l2',
    segmentBytes: 2 ** 18,
    index: { type: 'codes' },
  } as const
  const freed = { freed: true, rowCount: 32, rowsCrc: 1, columnBytes: 0, writtenSeconds: 0 }
  const full = { freed: false, rowCount: 32, rowsCrc: 2, columnBytes: 512, writtenSeconds: 7 }
  const last = { freed: false, rowCount: 3, rowsCrc: 3, columnBytes: 24, writtenSeconds: 9 }
  const words = [[], [0xffff_ffff], [0x8000_0001], [0b101]].map((each) => Uint32Array.from(each))
  return {
    number,
    lsn,
    epoch: 5,
    nextCollectionId: 9,
    collections: [
      {
        id: 2,
        name: 'empty',
        schema,
        idKind: undefined,
        nextId: 0,
        visibleRows: 0,
        segments: [],
        times: new Uint32Array(0),
        aliveWords: () => new Uint32Array(0),
      },
      {
        id: 8,
        name: 'full',
        schema,
        idKind: 'assigned',
        nextId: 2 ** 40,
        visibleRows: 99,
        segments: [freed, full, full, last],
        times: Uint32Array.of(40, 6, 97, 8),
        aliveWords: (index) => words[index] ?? new Uint32Array(0),
      },
    ],
  }
}

/** A checkpoint as plain values, alive bits included. */
export function plain(checkpoint: Checkpoint): unknown {
  return { ...checkpoint, collections: checkpoint.collections.map(plainCollection) }
}

function plainCollection(collection: CheckpointedCollection): unknown {
  const { id, name, schema, idKind, nextId, visibleRows, segments, times } = collection
  const alive = segments.map(({ freed }, index) => (freed ? undefined : aliveOf(collection, index)))
  const copies = segments.map((segment) => ({ ...segment }))
  const head = { id, name, schema, idKind, nextId, visibleRows }
  return { ...head, segments: copies, times: Array.from(times), alive }
}

function aliveOf(collection: CheckpointedCollection, index: number): number[] {
  return Array.from(collection.aliveWords(index))
}
