/** Every kind of thing that a user does to a collection, as data that fast-check can shrink. */

import fc from 'fast-check'

/** A row to write: which id of a small pool, which vector, and a number for its metadata. */
export interface RowPlan {
  readonly key: number
  readonly vector: readonly number[]
  readonly tag: number | undefined
}

/** One step of a user. */
export type Operation =
  | { readonly kind: 'add' | 'upsert' | 'ingest'; readonly rows: readonly RowPlan[] }
  | {
      readonly kind: 'addNonFinite' | 'addAborted' | 'addRagged'
      readonly rows: readonly RowPlan[]
    }
  | { readonly kind: 'concurrent'; readonly batches: readonly (readonly RowPlan[])[] }
  | { readonly kind: 'memoryWrite' | 'osWrite'; readonly rows: readonly RowPlan[] }
  | { readonly kind: 'delete' | 'get'; readonly keys: readonly number[] }
  | { readonly kind: 'count' | 'iterate' | 'flush' | 'stats' | 'reopen' | 'dropAndCreate' }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'iterateAfter'; readonly key: number }
  | { readonly kind: 'reserve'; readonly rowCount: number }
  | { readonly kind: 'search'; readonly vector: readonly number[]; readonly k: number }
  | { readonly kind: 'searchMinScore'; readonly vector: readonly number[]; readonly k: number }

/** Ids are drawn from a pool this small, so that operations meet. */
const KEY_MAX = 24
/** Long vectors end in equal elements: they are there to fill segments with few rows. */
const VARIED_ELEMENTS_MAX = 8

/** Sequences of operations on vectors of a dimension, with elements in a range. */
export function operations(
  dimension: number,
  range: readonly [number, number],
): fc.Arbitrary<Operation[]> {
  const [min, max] = range
  const length = Math.min(dimension, VARIED_ELEMENTS_MAX)
  const vector = fc
    .array(fc.integer({ min, max }), { minLength: length, maxLength: length })
    .map((elements) => [...elements, ...new Array<number>(dimension - length).fill(min)])
  const key = fc.integer({ min: 0, max: KEY_MAX })
  const tag = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined })
  const row = fc.record({ key, vector, tag })
  const rows = fc.array(row, { maxLength: 12 })
  const keys = fc.array(key, { maxLength: 12 })
  const k = fc.integer({ min: 1, max: 40 })
  const withRows = <Kind extends string>(...kinds: Kind[]) =>
    fc.record({ kind: fc.constantFrom(...kinds), rows })
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: withRows('add', 'upsert', 'ingest', 'memoryWrite', 'osWrite') },
      { weight: 1, arbitrary: withRows('addNonFinite', 'addAborted', 'addRagged') },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('concurrent' as const),
          batches: fc.array(rows, { maxLength: 6 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'get' as const), keys }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom('count', 'iterate', 'flush', 'stats', 'reopen', 'dropAndCreate'),
        }),
      },
      { weight: 2, arbitrary: fc.constant({ kind: 'checkpoint' as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('iterateAfter' as const), key }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('reserve' as const),
          rowCount: fc.integer({ min: 0, max: 5000 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom('search' as const, 'searchMinScore' as const),
          vector,
          k,
        }),
      },
    ) as fc.Arbitrary<Operation>,
    { maxLength: 30 },
  )
}
