/** Room for rows to come, made behind writes that wait for memory. */

import type { VectorStore } from '../../contract/index.js'
import type { Admission } from '../../ingest/admission.js'

/**
 * Makes room for rows, again where more memory may be had.
 *
 * @throws StateError `SLUICE_LIMIT_EXCEEDED` when there is no memory
 * @internal
 */
export async function reserveRows(
  store: VectorStore,
  admission: Admission,
  rowCount: number,
): Promise<void> {
  const request = { byteLength: 0, signal: undefined, what: 'the reserve' }
  const { giveBack } = await admission.run(request, () => store.reserve(rowCount))
  giveBack()
}
