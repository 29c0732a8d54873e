/** Random entries and headers, as fast-check makes them. */

import fc from 'fast-check'
import { DTYPES } from '../../../src/dtype.js'
import type { IdBatch } from '../../../src/id-batch.js'
import { LIMITS } from '../../../src/limits.js'
import { METRICS, metricFits } from '../../../src/metric.js'
import type { PackedBytes } from '../../../src/packed-bytes.js'
import type { RetentionSchema } from '../../../src/schema.js'
import type { LogEntry } from '../../../src/wal/record/entry.js'
import type { RecordHeader } from '../../../src/wal/record/header.js'

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })

/** Any good header. */
export const headers: fc.Arbitrary<RecordHeader> = fc
  .tuple(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 63n }))
  .chain(([lsn, other]) =>
    fc.record({
      lsn: fc.constant(lsn),
      durableLsn: fc.constant(other % lsn),
      epoch: u32,
      durability: fc.constantFrom('memory', 'os', 'disk'),
      databaseTag: u32,
    }),
  )

/** `count` byte strings. */
export function packed(count: number): fc.Arbitrary<PackedBytes> {
  const item = fc.uint8Array({ maxLength: 40 })
  return fc.array(item, { minLength: count, maxLength: count }).map((items) => {
    let end = 0
    const ends = Uint32Array.from(items, ({ length }) => (end += length))
    return { bytes: new Uint8Array(Buffer.concat(items)), ends }
  })
}

/** `count` ids of any kind. */
export function ids(count: number): fc.Arbitrary<IdBatch> {
  return fc.oneof(
    fc
      .uint32Array({ minLength: 2 * count, maxLength: 2 * count })
      .map((words) => ({ kind: 'u64' as const, count, words })),
    packed(count).map((strings) => ({ kind: 'string' as const, count, ...strings })),
    fc.maxSafeNat().map((n) => ({
      kind: 'assigned' as const,
      count,
      first: Math.min(n, Number.MAX_SAFE_INTEGER - count),
    })),
  )
}

const bound = fc.integer({ min: 1, max: LIMITS.rowsPerCollectionMax })

/** Any good retention. */
export const retentions: fc.Arbitrary<RetentionSchema> = fc
  .record({ rowsMax: bound, bytesMax: bound, ttlMs: fc.maxSafeNat() }, { requiredKeys: [] })
  .map(({ ttlMs, ...rest }) => (ttlMs === undefined ? rest : { ...rest, ttlMs: ttlMs || 1 }))
  .filter((retention) => Object.keys(retention).length > 0)

const create: fc.Arbitrary<LogEntry> = fc.record({
  kind: fc.constant('create' as const),
  collectionId: u32,
  name: fc.string({ minLength: 1, maxLength: LIMITS.nameLengthMax, unit: 'binary' }),
  schema: fc
    .record({
      dimension: fc.integer({ min: 1, max: LIMITS.dimensionMax }),
      dtype: fc.constantFrom(...DTYPES),
      metric: fc.constantFrom(...METRICS),
      segmentBytes: fc.integer({ min: 18, max: 26 }).map((exponent) => 2 ** exponent),
      index: fc.constantFrom({ type: 'codes' as const }, { type: 'flat' as const }),
      retention: fc.option(retentions, { nil: undefined }),
    })
    .map(({ retention, ...schema }) => (retention ? { ...schema, retention } : schema))
    .filter(({ metric, dtype }) => metricFits(metric, dtype)),
})

const drop: fc.Arbitrary<LogEntry> = fc.record({
  kind: fc.constant('drop' as const),
  collectionId: u32,
})

const rows: fc.Arbitrary<LogEntry> = fc.integer({ min: 1, max: 12 }).chain((rowCount) =>
  fc.record(
    {
      kind: fc.constant('rows' as const),
      collectionId: u32,
      rowBase: fc.integer({ min: 0, max: LIMITS.rowsPerCollectionMax - rowCount }),
      rowCount: fc.constant(rowCount),
      rowsCrc: u32,
      ids: ids(rowCount),
      metadata: packed(rowCount),
      payload: fc
        .integer({ min: 1, max: 50 })
        .chain((stride) =>
          fc.uint8Array({ minLength: stride * rowCount, maxLength: stride * rowCount }),
        ),
      writtenSeconds: u32,
    },
    { requiredKeys: ['kind', 'collectionId', 'rowBase', 'rowCount', 'rowsCrc', 'ids'] },
  ),
)

const deletes: fc.Arbitrary<LogEntry> = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc.record({
    kind: fc.constant('delete' as const),
    collectionId: u32,
    ids: ids(count).filter((batch) => batch.kind !== 'assigned'),
  }),
)

const evict: fc.Arbitrary<LogEntry> = fc.record({
  kind: fc.constant('evict' as const),
  collectionId: u32,
  toRow: bound,
})

const retain: fc.Arbitrary<LogEntry> = fc.record(
  {
    kind: fc.constant('retain' as const),
    collectionId: u32,
    retention: retentions,
    writtenSeconds: u32,
  },
  { requiredKeys: ['kind', 'collectionId', 'writtenSeconds'] },
)

/** Any good entry. */
export const entries: fc.Arbitrary<LogEntry> = fc.oneof(create, drop, rows, deletes, evict, retain)
