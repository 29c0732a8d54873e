/**
 * Every fixed bound of Sluice, in one table. A bound that a user may lower is an option; these
 * are the most that the formats and data structures allow.
 */

const KIB = 1024
const MIB = 1024 * KIB

/**
 * The limits. Sizes in bytes, counts in items.
 *
 * @public
 */
export const LIMITS: Readonly<{
  readonly dimensionMax: number
  readonly rowsPerBatchMax: number
  readonly rowsPerCollectionMax: number
  readonly collectionsMax: number
  readonly nameLengthMax: number
  readonly stringIdBytesMax: number
  readonly metadataBytesMax: number
  readonly metadataDepthMax: number
  readonly searchKMax: number
  readonly getIdsMax: number
  readonly recordBytesMax: number
  readonly inlineBytesMax: number
  readonly segmentBytesDefault: number
  readonly segmentBytesMin: number
  readonly segmentBytesMax: number
  readonly queueBytesMaxDefault: number
  readonly pageBytes: number
}> = {
  /** Elements of one vector. */
  dimensionMax: 4096,
  /** Rows of one atomic batch; `ingest` splits larger input. */
  rowsPerBatchMax: 1 << 20,
  /** Row numbers are u32, with the top bit kept for the id table. */
  rowsPerCollectionMax: 2 ** 31 - 2,
  /** Collections of one database. */
  collectionsMax: 10_000,
  /** Characters of a collection name. */
  nameLengthMax: 128,
  /** UTF-8 bytes of a string id. */
  stringIdBytesMax: 512,
  /** Encoded bytes of one row's metadata. */
  metadataBytesMax: 64 * KIB,
  /** Nesting of one row's metadata. */
  metadataDepthMax: 32,
  /** Hits of one search. */
  searchKMax: 10_000,
  /** Ids of one `get` or `delete`. */
  getIdsMax: 1 << 20,
  /** Bytes of one WAL record, header and payload included. */
  recordBytesMax: 256 * MIB,
  /** Row bytes that travel inside a WAL record instead of a segment. */
  inlineBytesMax: 64 * KIB,
  /** A segment file and the slab that mirrors it. */
  segmentBytesDefault: 64 * MIB,
  segmentBytesMin: 256 * KIB,
  segmentBytesMax: 64 * MIB,
  /** Bytes of writes admitted and not yet acknowledged. */
  queueBytesMaxDefault: 256 * MIB,
  /** The unit of O_DIRECT offsets and lengths. */
  pageBytes: 4096,
}
