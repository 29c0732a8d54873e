/**
 * The row seam: where raw vectors live. Rows are numbered from 0 without gaps and never move.
 * A writer claims rows, fills their bytes in place, seals them, and asks for them to be flushed.
 * One claim is filled at a time; flushes may overlap it. Types only.
 */

/**
 * A run of claimed rows that lie together.
 *
 * @public
 */
export interface RowSpan {
  /** Number of the first row. */
  readonly row: number
  /** Rows in the run. */
  readonly rowCount: number
  /** The bytes of the rows, to be filled in place: `rowCount * stride`. */
  readonly bytes: Uint8Array
}

/**
 * Readable rows that lie together.
 *
 * @public
 */
export interface SegmentView {
  /** Number of the first row. */
  readonly rowBase: number
  /** Rows the segment has room for. */
  readonly rowCapacity: number
  /** `rowCapacity * stride` bytes; rows beyond the visible ones are arbitrary. */
  readonly bytes: Uint8Array
}

/**
 * What a store can do.
 *
 * @public
 */
export interface VectorStoreCapabilities {
  /** Whether flushed rows survive the process: `restore` can bring them back. */
  readonly persistent: boolean
}

/**
 * Where a store's bytes are.
 *
 * @public
 */
export interface VectorStoreStats {
  /** Rows claimed or restored. */
  readonly rowCount: number
  /** Rows on disk and synced, as a prefix. */
  readonly durableRowCount: number
  /** Segments that have rows, freed ones aside. */
  readonly segmentCount: number
  /** Bytes of memory held. */
  readonly memoryBytes: number
  /** Bytes given to files, by their length. */
  readonly fileBytes: number
  /** Whether writes bypass the page cache. */
  readonly directIo: boolean
  /** Bytes handed to the operating system since opening. */
  readonly bytesWritten: number
  /** Syncs since opening. */
  readonly syncCount: number
}

/**
 * How rows are brought back.
 *
 * @public
 */
export interface RestoreOptions {
  /** Segments that were freed: all their rows are dead, and nothing is read for them. */
  readonly freedSegments?: ReadonlySet<number>
  /** Told after each segment how many bytes of rows were brought back so far. */
  readonly onProgress?: (bytes: number) => void
}

/**
 * A store of fixed-length rows.
 *
 * @public
 */
export interface VectorStore {
  /** What the store can do. */
  readonly capabilities: VectorStoreCapabilities
  /** Bytes of a row. */
  readonly stride: number
  /** Rows of a segment; row r lies in segment `floor(r / rowsPerSegment)`. A multiple of 32. */
  readonly rowsPerSegment: number
  /** Rows claimed or restored; the number of the next row. */
  readonly rowCount: number
  /** Claims the next rows, in one span per segment touched. */
  claim(rowCount: number): Promise<readonly RowSpan[]>
  /** Declares the bytes of all rows below `toRow` final; the store may start writing them. */
  seal(toRow: number): void
  /** Resolves when all rows below `toRow` (sealed) are on disk and synced. A failure is final. */
  flush(toRow: number): Promise<void>
  /** Gives back the rows from `rowCount` on, which no record has ever named. */
  rewind(rowCount: number): void
  /** Brings rows below `rowCount` back from disk as they are found; missing bytes read as zero. */
  restore(rowCount: number, options?: RestoreOptions): Promise<void>
  /** A view of segment `index`, stable until it is freed or the store is closed. */
  segment(index: number): SegmentView
  /**
   * Gives the memory of a full segment back. All its rows are dead for good and durable, and nobody
   * reads it any more; asking for its rows throws from now on. Freeing it again changes nothing.
   */
  freeSegmentMemory(index: number): void
  /** Removes the file of a segment whose memory was freed, or hands it over for re-use. */
  freeSegmentFile(index: number): Promise<void>
  /** The file that holds segment `index`, for error messages; undefined in memory. */
  segmentFile(index: number): string | undefined
  /** Copies rows, packed in the order of `rowIds`, into `out`. */
  read(rowIds: Uint32Array, out: Uint8Array): void
  /** Makes room for rows ahead of the first write: memory, and files where there are any. */
  reserve(rowCount: number): Promise<void>
  /** Gives back memory that was taken ahead of need. Returns whether there was any. */
  trim(): boolean
  /** Where its bytes are, now. */
  stats(): VectorStoreStats
  /** Waits for writes under way and gives back memory and file handles. */
  close(): Promise<void>
  /** Closes, and removes the files (or hands them over for re-use). */
  destroy(): Promise<void>
}
