/** What names the rows of a collection. */

/**
 * What names the rows of a collection: the caller's u64 numbers, the caller's strings, or numbers
 * that the collection assigns. One kind for life, that of the first batch.
 *
 * @public
 */
export type IdKind = 'u64' | 'string' | 'assigned'
