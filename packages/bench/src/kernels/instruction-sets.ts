/** The kernels once for each instruction set that this machine has, and the scalar ones. */

import { type KernelProvider, scalarKernels } from '@sluice/core'
import { createNativeKernels } from '@sluice/simd-native'

/**
 * Instruction sets as `SLUICE_SIMD` names them, the slowest first.
 *
 * @internal
 */
export const ISA_NAMES = ['scalar', 'baseline', 'sse', 'avx2', 'avx512', 'neon', 'dotprod'] as const

/**
 * The name of an instruction set.
 *
 * @internal
 */
export type IsaName = (typeof ISA_NAMES)[number]

/**
 * Kernels of one instruction set.
 *
 * @internal
 */
export interface IsaKernels {
  readonly isa: IsaName
  readonly provider: KernelProvider
}

const OVERRIDE_VARIABLE = 'SLUICE_SIMD'

/** @throws Error saying why they do not run here */
function kernelsOf(isa: IsaName): KernelProvider {
  if (isa === 'scalar') return scalarKernels
  const before = process.env[OVERRIDE_VARIABLE]
  process.env[OVERRIDE_VARIABLE] = isa
  try {
    return createNativeKernels(scalarKernels)
  } finally {
    if (before === undefined) delete process.env[OVERRIDE_VARIABLE]
    else process.env[OVERRIDE_VARIABLE] = before
  }
}

/**
 * All that run here, whatever `SLUICE_SIMD` is set to.
 *
 * @param skip - takes the name of each that does not run, and why
 * @internal
 */
export function availableKernels(skip: (isa: IsaName, reason: string) => void): IsaKernels[] {
  return ISA_NAMES.flatMap((isa) => {
    try {
      return [{ isa, provider: kernelsOf(isa) }]
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      // The variable is how they are asked for here: nobody has set it.
      skip(isa, message.replace(`${OVERRIDE_VARIABLE}=${isa}: `, ''))
      return []
    }
  })
}
