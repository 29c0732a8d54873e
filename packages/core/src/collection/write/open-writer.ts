/** From the arguments of `writer` to a writer, and from those of its commit to a write. */

import { checkInteger, checkOptions, checkSignal } from '../../checks.js'
import type { Durability } from '../../contract/index.js'
import type { Dtype } from '../../dtype.js'
import { LIMITS } from '../../limits.js'
import type { VectorId } from '../../row.js'
import { checkCommitOptions, checkLabels } from '../input/check-arguments.js'
import type { CollectionState } from '../state/collection-state.js'
import type { WriteResult } from '../types.js'
import type { RowClaims } from './row-claim.js'
import type { RowWrite } from './row-write.js'
import { VectorWriter } from './vector-writer.js'

/**
 * What a collection writes with.
 *
 * @internal
 */
export interface WriterServices {
  readonly state: CollectionState
  readonly write: RowWrite
  readonly claims: RowClaims
  /** What writes ask for when they do not say. */
  readonly durability: Durability
  /** Runs a write that closing waits for. */
  readonly change: (task: () => Promise<WriteResult>) => Promise<WriteResult>
}

/**
 * Waits for rows and hands them out.
 *
 * @param given - the arguments of the caller
 * @throws the typed errors of `Collection.writer`
 * @internal
 */
export async function openWriter<M extends object, Id extends VectorId, D extends Dtype>(
  services: WriterServices,
  given: { readonly rowCount: number; readonly options: unknown },
): Promise<VectorWriter<M, Id, D>> {
  const { state, write, claims, durability, change } = services
  const { signal } = checkOptions('options', given.options, ['signal'])
  const rowCount = checkInteger('rowCount', given.rowCount, 1, LIMITS.rowsPerBatchMax)
  const claim = await claims.claim(rowCount, checkSignal(signal))
  return new VectorWriter({
    state,
    claim,
    commit: (labels, options) =>
      change(async () => {
        try {
          const writeOptions = checkCommitOptions(options, durability)
          return await write.writeClaim(claim, checkLabels(state, labels, rowCount), writeOptions)
        } catch (error) {
          await claim.reopen()
          throw error
        }
      }),
  })
}
