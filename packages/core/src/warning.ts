/** What a warning is. */

import type { ErrorDetails } from './errors.js'

/**
 * Something worth knowing that is not an error: a fallback taken, a torn tail cut.
 *
 * @public
 */
export interface SluiceWarning {
  /** For people. */
  readonly message: string
  /** For machines. */
  readonly details: ErrorDetails
}
