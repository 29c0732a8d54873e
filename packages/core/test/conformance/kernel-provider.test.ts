import fc from 'fast-check'
import { describe, it } from 'vitest'
import { kernelProviderSuite } from '../../src/conformance/kernel-provider.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { exactDistance } from '../kernels/exact-distance.js'
import { literalCodes } from '../kernels/literal-codes.js'

kernelProviderSuite({
  runner: { describe, it },
  fc,
  name: 'scalar',
  provider: scalarKernels,
  oracle: exactDistance,
  codes: literalCodes,
})
