/** The parts of a row that cost something to fetch. */

import { asVectorData, type VectorData } from '../../dtype.js'
import type { Metadata } from '../../row.js'
import { decodeMetadata } from '../rows/metadata-codec.js'
import type { CollectionState } from '../state/collection-state.js'

/**
 * The metadata of a row, if it has any.
 *
 * @internal
 */
export function metadataAt({ metadata }: CollectionState, row: number): Metadata | undefined {
  const bytes = metadata.get(row)
  return bytes && decodeMetadata(bytes)
}

/**
 * The vector of a row, a copy.
 *
 * @internal
 */
export function vectorAt({ store, schema }: CollectionState, row: number): VectorData {
  const out = new Uint8Array(store.stride)
  store.read(Uint32Array.of(row), out)
  return asVectorData(schema.dtype, out)
}
