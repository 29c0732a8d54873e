/**
 * The suite that every KernelProvider must pass: every dtype with every metric, exactness, ties,
 * masks, odd offsets, values that cannot be compared, codes to the bit, whole queries over an
 * index, and arguments that make no sense.
 * The test runner and fast-check are handed in; assertions are those of node:assert.
 */

import type fc from 'fast-check'
import type { CodeKernels } from '../contract/code-kernels.js'
import type { KernelProvider } from '../contract/kernel-provider.js'
import { assignTests } from './kernel-provider-codes-assign.js'
import { centreTests } from './kernel-provider-codes-centre.js'
import { encodeTests } from './kernel-provider-codes-encode.js'
import { groupTests } from './kernel-provider-codes-groups.js'
import { codeRefusalTests } from './kernel-provider-codes-refusals.js'
import { scanTests } from './kernel-provider-codes-scan.js'
import type { DistanceOracle, KernelSubject } from './kernel-provider-data.js'
import { distanceTests } from './kernel-provider-distances.js'
import { gatherTests } from './kernel-provider-gather.js'
import { ingestTests } from './kernel-provider-ingest.js'
import { listTests } from './kernel-provider-lists.js'
import { degenerateListTests } from './kernel-provider-lists-degenerate.js'
import { listOrderTests } from './kernel-provider-lists-order.js'
import { listRefusalTests } from './kernel-provider-lists-refusals.js'
import { memoryTests } from './kernel-provider-memory.js'
import { nearestTests } from './kernel-provider-nearest.js'
import { refusalTests } from './kernel-provider-refusals.js'
import { regionTests } from './kernel-provider-regions.js'
import type { SuiteRunner } from './suite-runner.js'

/**
 * What the suite is run on.
 *
 * @public
 */
export interface KernelProviderSuiteOptions {
  /** Where the tests are declared. */
  readonly runner: SuiteRunner
  /** fast-check 4, the module itself: `import fc from 'fast-check'`. */
  readonly fc: typeof fc
  /** The implementation, for test names. */
  readonly name: string
  /** What is tested. */
  readonly provider: KernelProvider
  /** The right answers: exact arithmetic, or the scalar kernels. */
  readonly oracle: DistanceOracle
  /** The right codes, to the bit: the scalar kernels, which do as docs/codes.md says. */
  readonly codes: CodeKernels
  /**
   * Relative error that one addition of floats may have: 2^-53 (the default) where float64 is
   * accumulated, 2^-24 for float32. Integers are exact whatever this says.
   */
  readonly epsilon?: number
}

/**
 * Registers the tests of the compute seam.
 *
 * @param options - the runner, the provider, and what it is compared with
 * @public
 */
export function kernelProviderSuite(options: KernelProviderSuiteOptions): void {
  const { runner, fc, name, provider, oracle, codes, epsilon = 2 ** -53 } = options
  const it: KernelSubject['it'] = (title, body) => {
    runner.it(title, async () => body())
  }
  const subject: KernelSubject = { it, fc, provider, oracle, codes, epsilon }
  runner.describe(`kernel provider ${name}`, () => {
    ingestTests(subject)
    distanceTests(subject)
    nearestTests(subject)
    refusalTests(subject)
    encodeTests(subject)
    centreTests(subject)
    scanTests(subject)
    assignTests(subject)
    groupTests(subject)
    codeRefusalTests(subject)
    listTests(subject)
    listOrderTests(subject)
    degenerateListTests(subject)
    listRefusalTests(subject)
    regionTests(subject)
    gatherTests(subject)
    memoryTests(subject)
  })
}
