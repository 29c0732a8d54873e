/** What every write gets once the log has failed. */

import { type SluiceError, StorageError } from '../errors.js'

/**
 * The refusal of a write after a failure.
 *
 * @param cause - the failure
 * @internal
 */
export function poisonedBy(cause: SluiceError): StorageError {
  return new StorageError(
    'SLUICE_POISONED',
    `the database stopped accepting writes after an I/O error: ${cause.message}; ` +
      'close it and open it again to recover',
    { cause, details: { causeCode: cause.code } },
  )
}
