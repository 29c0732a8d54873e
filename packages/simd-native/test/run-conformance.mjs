/**
 * Runs the kernel suite on the native kernels with plain Node.js and the build, for places where
 * the test runner is not: an emulator, a sanitizer, a machine that has only Node.js.
 *
 *     SLUICE_SIMD=neon node packages/simd-native/test/run-conformance.mjs
 *
 * Prints every failure; the last line is `N passed, N failed`. Exits with 1 when one failed, none
 * ran, or there are no native kernels.
 */
import { distanceOracle, kernelProviderSuite } from '@sluice/core/conformance'
import { createNativeKernels } from '@sluice/simd-native'
import fc from 'fast-check'
import { scalarKernels } from '../../core/dist/kernels/scalar/scalar-kernels.js'

const tests = []
const runner = {
  describe: (_, body) => body(),
  it: (name, body) => tests.push({ name, body }),
}

const oracle = distanceOracle(scalarKernels)
const provider = createNativeKernels(scalarKernels)
const { isa, path, reason } = provider.info
process.stdout.write(`${isa} (${reason}) from ${path}\n`)
kernelProviderSuite({ runner, fc, name: isa, oracle, codes: scalarKernels, provider })

let failed = 0
for (const { name, body } of tests) {
  try {
    await body()
  } catch (error) {
    failed += 1
    process.stdout.write(`failed: ${name}\n${error.stack}\n`)
  }
}
process.stdout.write(`${tests.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 || tests.length === 0 ? 1 : 0
