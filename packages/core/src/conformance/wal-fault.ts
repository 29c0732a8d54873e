/** A planned fault of a log. */

/**
 * What happens to one append. `error-before`: nothing is written. `torn`: the first half of the
 * records is written. `error-after`: all are written, but the caller is told otherwise. `delay`:
 * it starts when `until` resolves.
 *
 * @public
 */
export type WalFault =
  | {
      /** Which append: 1 is the first one since the factory was made, over all its openings. */
      readonly append: number
      /** How it fails. */
      readonly action: 'error-before' | 'torn' | 'error-after'
      /** What to fail with, for example with a `code` of the system. Default: an `EIO`. */
      readonly error?: Error
    }
  | {
      /** Which append, as above. */
      readonly append: number
      /** It succeeds, later. */
      readonly action: 'delay'
      /** When it starts. */
      readonly until: Promise<void>
    }
