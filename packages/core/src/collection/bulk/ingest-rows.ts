/** `Collection.ingest`: what a bulk load needs of its collection. */

import type { BufferPool } from '@sluice/pool'
import type { Durability } from '../../contract/index.js'
import type { IngestSettings } from '../../ingest-settings.js'
import { type IndexWorkServices, maintainIndex } from '../index-work.js'
import { checkBatch, checkIngestOptions, checkSource } from '../input/check-arguments.js'
import type { CollectionState } from '../state/collection-state.js'
import type { IngestResult } from '../types.js'
import type { RowWrite, WriteServices } from '../write/row-write.js'
import { bulkIngest } from './bulk-ingest.js'

/**
 * What the database tells bulk loads.
 *
 * @internal
 */
export interface IngestServices extends IndexWorkServices, WriteServices {
  /** What writes ask for when they do not say. */
  readonly durability: Durability
  /** How batches are cut and joined. */
  readonly pieces: Required<IngestSettings>
  /** Where batches are joined. */
  readonly buffers: BufferPool
}

/**
 * Where the rows of a bulk load go.
 *
 * @internal
 */
export interface IngestTarget {
  readonly state: CollectionState
  readonly services: IngestServices
  readonly write: RowWrite
}

/**
 * Checks the arguments of an ingest and carries it out.
 *
 * @throws as `Collection.ingest` does
 * @internal
 */
export async function ingestRows(
  { state, services, write }: IngestTarget,
  source: Iterable<unknown> | AsyncIterable<unknown>,
  options: unknown,
): Promise<IngestResult> {
  const { durability, signal, onProgress } = checkIngestOptions(options, services.durability)
  checkSource(source)
  const { pieces, buffers, log, closing } = services
  const result = await bulkIngest({
    source,
    check: (batch) => checkBatch(state, batch),
    submit: (piece, stopped) =>
      write.submit(piece, { mode: 'upsert', durability, signal: stopped }),
    onProgress: (progress) => {
      maintainIndex(state, services)
      onProgress?.(progress)
    },
    // A source may have no end: closing the database ends the ingest, too.
    signals: [signal, closing],
    stride: state.store.stride,
    // The log takes no larger record.
    pieces: { ...pieces, batchBytesMax: Math.min(pieces.batchBytesMax, log.bodyBytesMax) },
    buffers,
  })
  // Those that the last pieces put over a bound.
  await state.whenEvicted()
  maintainIndex(state, services)
  return result
}
