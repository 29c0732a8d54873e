/** How a hash table of ids gets at them: it holds none itself. Types only. */

/**
 * Ids: those of a batch, and those recorded for rows.
 *
 * @internal
 */
export interface RowKeys<B> {
  /** Hash of id `index` of a batch: 32 bits as a signed integer. */
  hashOf(ids: B, index: number): number
  /** Whether the id recorded for `row` is id `index` of a batch. */
  matches(row: number, ids: B, index: number): boolean
}
