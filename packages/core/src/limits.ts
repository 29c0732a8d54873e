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
export interface Limits {
  /** Elements of one vector. */
  readonly dimensionMax: number
  /**
   * Rows of one atomic batch, ids of one `get` or `delete`, queries of one `searchMany`; `ingest`
   * splits larger input.
   */
  readonly rowsPerBatchMax: number
  /**
   * Rows ever written to a collection, dead and evicted ones too: row numbers are u32, with the top
   * bit kept for the id table, and none is used again.
   */
  readonly rowsPerCollectionMax: number
  /** Collections of one database. */
  readonly collectionsMax: number
  /** Characters of a collection name. */
  readonly nameLengthMax: number
  /** UTF-8 bytes of a string id. */
  readonly stringIdBytesMax: number
  /** Encoded bytes of one row's metadata. */
  readonly metadataBytesMax: number
  /** Nesting of one row's metadata. */
  readonly metadataDepthMax: number
  /** Hits of one search. */
  readonly searchKMax: number
  /** Hits of one `searchMany`: queries times k. */
  readonly searchManyHitsMax: number
  /** Regions registered with one kernel provider at a time. */
  readonly regionsMax: number
  /** Bytes of one WAL record, header and payload included. */
  readonly recordBytesMax: number
  /** Row bytes that travel inside a WAL record instead of a segment. */
  readonly inlineBytesMax: number
  /** Bytes of a segment file, and of the slab that mirrors it, unless the schema says. */
  readonly segmentBytesDefault: number
  /** The least bytes of a segment file. */
  readonly segmentBytesMin: number
  /** The most bytes of a segment file. */
  readonly segmentBytesMax: number
  /** Bytes of writes admitted and not yet acknowledged. */
  readonly queueBytesMaxDefault: number
  /** Bytes of the pieces that `ingest` writes, unless `open` says. */
  readonly pieceBytesDefault: number
  /** The most bytes of such a piece. */
  readonly pieceBytesMax: number
  /** Rows of such a piece, unless `open` says. */
  readonly pieceRowsDefault: number
  /** Milliseconds that a row waits for others of its piece, unless `open` says. */
  readonly pieceLingerMsDefault: number
  /** Threads that encode rows of one database. */
  readonly ingestWorkersMax: number
  /** Bytes of log after which a checkpoint is made in the background. */
  readonly checkpointLogBytesMaxDefault: number
  /** Milliseconds after which something new in the log gets its checkpoint. */
  readonly checkpointIntervalMsDefault: number
  /** The unit of O_DIRECT offsets and lengths. */
  readonly pageBytes: number
}

/**
 * The limits of this version.
 *
 * @public
 */
export const LIMITS: Limits = {
  dimensionMax: 4096,
  rowsPerBatchMax: 1 << 20,
  rowsPerCollectionMax: 2 ** 31 - 2,
  collectionsMax: 10_000,
  nameLengthMax: 128,
  stringIdBytesMax: 512,
  metadataBytesMax: 64 * KIB,
  metadataDepthMax: 32,
  searchKMax: 10_000,
  searchManyHitsMax: 1 << 24,
  regionsMax: 1 << 20,
  recordBytesMax: 256 * MIB,
  inlineBytesMax: 64 * KIB,
  segmentBytesDefault: 64 * MIB,
  segmentBytesMin: 256 * KIB,
  segmentBytesMax: 64 * MIB,
  queueBytesMaxDefault: 256 * MIB,
  pieceBytesDefault: 8 * MIB,
  pieceBytesMax: 64 * MIB,
  pieceRowsDefault: 1 << 16,
  pieceLingerMsDefault: 2,
  ingestWorkersMax: 64,
  checkpointLogBytesMaxDefault: 64 * MIB,
  checkpointIntervalMsDefault: 60_000,
  pageBytes: 4096,
}
