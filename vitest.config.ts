/**
 * Test configuration of the whole workspace. The condition `sluice-source` makes an import of
 * another package of this workspace resolve to its TypeScript source, so that unit tests never run
 * against a stale build.
 */
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './scripts/summary-reporter.js'

const conditions = ['sluice-source', 'module', 'node', 'development|production']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new SummaryReporter()],
  },
})
