/** How a database is verified: what a caller may say, checked. */

import { checkOptions, checkSignal, unexpected } from '../../checks.js'
import { checkListener } from '../../open-options.js'

/**
 * Options of `Database.verify`.
 *
 * @public
 */
export interface VerifyOptions {
  /**
   * Whether all rows, columns and log records are read and compared with their checksums, which
   * takes as long as the disk needs to read the whole database. Default false.
   */
  readonly deep?: boolean
  /** Gives up. */
  readonly signal?: AbortSignal | undefined
  /** Told after each file how far it has got. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
}

/**
 * How far `Database.verify` has got.
 *
 * @public
 */
export interface VerifyProgress {
  /** Files checked; the log and small files count as one each. */
  readonly done: number
  /** What there is in all. */
  readonly total: number
}

/**
 * Options of `Database.verify`, complete.
 *
 * @internal
 */
export interface CheckedVerifyOptions {
  readonly deep: boolean
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: VerifyProgress) => void) | undefined
}

/**
 * Checks the options of `Database.verify`.
 *
 * @throws InvalidArgumentError naming the option
 * @internal
 */
export function checkVerifyOptions(options: unknown): CheckedVerifyOptions {
  const given = checkOptions('options', options, ['deep', 'signal', 'onProgress'])
  const { deep = false } = given
  if (typeof deep !== 'boolean') throw unexpected('deep', 'a boolean', deep)
  return {
    deep,
    signal: checkSignal(given.signal),
    onProgress: checkListener<VerifyProgress>('onProgress', given.onProgress),
  }
}
