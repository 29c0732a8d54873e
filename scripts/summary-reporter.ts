/**
 * A vitest reporter whose only output is the last line of a run: `N passed, N failed`, plain
 * numbers for a machine to read. A test file that could not even be loaded, and an error outside
 * any test, count as one failure each, so "0 failed" always means that the run was good.
 */
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** What a run came to. Counts are tests, plus the failures that belong to no test. */
export type RunCounts = { readonly passed: number; readonly failed: number }

/** Adds up a finished run. */
export function countRun(
  modules: readonly TestModule[],
  unhandledErrors: readonly SerializedError[],
): RunCounts {
  let passed = 0
  let failed = unhandledErrors.length
  for (const module of modules) {
    failed += module.errors().length
    for (const suite of module.children.allSuites()) failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      if (state === 'failed') failed += 1
    }
  }
  return { passed, failed }
}

/**
 * Prints {@link countRun}'s result when everything else has been printed. List it last among the
 * reporters.
 */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const { passed, failed } = countRun(modules, unhandledErrors)
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`))
  }
}
