/** The native kernels once for each instruction set that this CPU has. */

import type { KernelProvider } from '@sluice/core'
import { scalarKernels } from '../../core/src/kernels/scalar/scalar-kernels.js'
import { createNativeKernels } from '../src/index.js'

/** The kernels of one instruction set, or why they cannot run here. */
export interface InstructionSet {
  /** As `SLUICE_SIMD` names it. */
  readonly isa: string
  readonly provider: KernelProvider | undefined
  readonly reason: string
}

/** Every instruction set that there are kernels for, the best first. */
export const INSTRUCTION_SETS: readonly InstructionSet[] = [
  'avx512',
  'avx2',
  'sse',
  'dotprod',
  'neon',
  'baseline',
].map(load)

/** Runs `body` with the environment variable `SLUICE_SIMD` set. */
export function withOverride<T>(isa: string, body: () => T): T {
  process.env['SLUICE_SIMD'] = isa
  try {
    return body()
  } finally {
    delete process.env['SLUICE_SIMD']
  }
}

function load(isa: string): InstructionSet {
  try {
    const provider = withOverride(isa, () => createNativeKernels(scalarKernels))
    return { isa, provider, reason: provider.info.reason }
  } catch (error) {
    return { isa, provider: undefined, reason: String(error) }
  }
}
