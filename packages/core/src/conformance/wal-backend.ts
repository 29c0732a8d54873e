/**
 * The suite that every write-ahead log must pass. The test runner and fast-check are given by the
 * caller, so that any runner will do; assertions are those of node:assert.
 */

import { appendTests } from './wal-backend-append.js'
import { forgettingTests } from './wal-backend-forgetting.js'
import { closingTests, refusalTests } from './wal-backend-lifecycle.js'
import { modelTests } from './wal-backend-model.js'
import { truncationTests } from './wal-backend-truncation.js'
import type { WalBackendSuiteOptions, WalTest } from './wal-subject.js'

/**
 * Registers the suite with the runner.
 *
 * @public
 */
export function walBackendSuite(options: WalBackendSuiteOptions): void {
  const { runner, name, create } = options
  const test: WalTest = (title, body) => {
    runner.it(title, async () => {
      const subject = await create()
      try {
        await body(subject)
      } finally {
        await subject.destroy()
      }
    })
  }
  runner.describe(name, () => {
    appendTests(test, options)
    refusalTests(test)
    closingTests(test, options)
    truncationTests(test, options.capabilities)
    forgettingTests(test, options.capabilities)
    modelTests(test, options)
  })
}
