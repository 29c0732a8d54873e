/** What a row consists of, beside its vector, as users see it. */

/**
 * An id as Sluice gives it back: `bigint` for u64 and assigned ids, `string` for string ids.
 *
 * @public
 */
export type VectorId = bigint | string

/**
 * One row's metadata: plain data (null, boolean, number, string, bigint, Date, Uint8Array, arrays
 * and objects of them).
 *
 * @public
 */
export type Metadata = Readonly<Record<string, unknown>>

/**
 * Ids of rows, a column of them: BigUint64Array, or strings.
 *
 * @public
 */
export type IdColumn<Id extends VectorId = VectorId> = Id extends string
  ? readonly string[]
  : BigUint64Array
