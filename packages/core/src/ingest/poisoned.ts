/** The error of every write after the one that failed. */

import { type SluiceError, StorageError } from '../errors.js'

/**
 * Says why a database accepts no more writes, and what helps.
 *
 * @param cause - the failure that ended writing
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
