/** What the suite of vector stores is given to test. */

import type { VectorStore } from '../contract/index.js'

/**
 * A store under test.
 *
 * @public
 */
export interface VectorStoreFixture {
  /** Fresh and empty. A segment should have room for 32 to 4096 rows. */
  readonly store: VectorStore
  /** Opens what `store` has left behind, once it is closed. Needed where stores are persistent. */
  readonly reopen?: () => Promise<VectorStore>
  /** Closes whatever is open and removes what is left. */
  dispose(): Promise<void>
}
