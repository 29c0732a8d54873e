/** Makes a collection, and keeps from its users what only its database may do with it. */

import { Collection } from './collection.js'
import type { CollectionServices } from './collection-services.js'
import type { CollectionState } from './state/collection-state.js'
import { RowClaims } from './write/row-claim.js'
import { RowWrite } from './write/row-write.js'

/**
 * A collection in the hands of its database.
 *
 * @internal
 */
export interface OwnedCollection {
  readonly collection: Collection
  /** Runs its removal after all writes under way and before any other. */
  readonly closeWrites: (remove: () => Promise<void>) => Promise<void>
}

/**
 * Makes a collection of its state.
 *
 * @internal
 */
export function createCollection(
  state: CollectionState,
  services: CollectionServices,
): OwnedCollection {
  const write = new RowWrite(state, services)
  const claims = new RowClaims(state, services, write.turns)
  return {
    collection: new Collection({ state, services, write, claims }),
    closeWrites: (remove) => claims.refuseWhile(() => write.turns.run(remove)),
  }
}
