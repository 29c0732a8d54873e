/** What a collection gets from its database. Types only. */

import type { Warn } from '../warning.js'
import type { IngestServices } from './bulk/ingest-rows.js'
import type { SearchServices } from './read/row-search.js'
import type { CollectionState } from './state/collection-state.js'
import type { RowClaims } from './write/row-claim.js'
import type { RowWrite, WriteServices } from './write/row-write.js'

/**
 * What a collection gets from its database.
 *
 * @internal
 */
export interface CollectionServices extends WriteServices, SearchServices, IngestServices {
  readonly readOnly: boolean
  /** Throws when the database is closed. */
  check(): void
  /** Runs an operation that closing waits for. */
  run<T>(operation: () => Promise<T>): Promise<T>
  readonly warn: Warn
  /** Told when the index of a collection may have other lists. */
  onIndexed(state: CollectionState): void
}

/**
 * What a collection is made of.
 *
 * @internal
 */
export interface CollectionParts {
  readonly state: CollectionState
  readonly services: CollectionServices
  readonly write: RowWrite
  readonly claims: RowClaims
}
