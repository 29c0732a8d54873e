/** What a conformance suite needs of a test runner; vitest, node:test, jest and mocha have it. */

/**
 * A test runner.
 *
 * @public
 */
export interface SuiteRunner {
  /** Groups tests; `body` registers them. */
  describe(name: string, body: () => void): unknown
  /** Registers one test. */
  it(name: string, body: () => Promise<void>): unknown
}
