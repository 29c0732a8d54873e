/** The one place that knows which index belongs to which kind of id. */

import type { Allocator } from '../../contract/index.js'
import type { IdKind } from '../../id-kind.js'
import { randomSeed } from '../../random.js'
import { AssignedIdIndex } from './assigned-id-index.js'
import type { IdIndex } from './id-index.js'
import { StringIdIndex } from './string-id-index.js'
import { U64IdIndex } from './u64-id-index.js'

/**
 * An empty id index, with a hash seed that nobody can guess.
 *
 * @internal
 */
export function createIdIndex(kind: IdKind, allocator: Allocator): IdIndex {
  switch (kind) {
    case 'u64':
      return new U64IdIndex(allocator, randomSeed())
    case 'string':
      return new StringIdIndex(allocator, randomSeed())
    case 'assigned':
      return new AssignedIdIndex(allocator, randomSeed())
  }
}
