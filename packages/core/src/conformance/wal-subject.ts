/** What the log suite is given, and what its parts are given in turn. */

import type fc from 'fast-check'
import type { WalBackend, WalCapabilities } from '../contract/wal-backend.js'
import type { SuiteRunner } from './suite-runner.js'

/**
 * One log for one test.
 *
 * @public
 */
export interface WalSubject {
  /** Opens the log: the first time an empty one, later what the closed handle before it left. */
  open(): Promise<WalBackend>
  /** Removes everything; all handles are closed. */
  destroy(): Promise<void>
}

/**
 * What the suite is run on.
 *
 * @public
 */
export interface WalBackendSuiteOptions {
  /** Where the tests are declared. */
  readonly runner: SuiteRunner
  /** fast-check 4, the module itself: `import fc from 'fast-check'`. */
  readonly fc: typeof fc
  /** Name of the group of tests. */
  readonly name: string
  /** What the log claims of itself; the suite checks that it does, and tests accordingly. */
  readonly capabilities: Pick<WalCapabilities, 'durabilities' | 'persistent'>
  /** A new, empty log. */
  create(): Promise<WalSubject>
}

/**
 * A test with a log at hand.
 *
 * @internal
 */
export type WalTest = (name: string, body: (subject: WalSubject) => Promise<void>) => void
