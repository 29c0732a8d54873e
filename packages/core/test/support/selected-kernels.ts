/**
 * The kernels that databases of these tests have, and how much to ask of them: a test that native
 * kernels are done with in seconds takes scalar ones a minute.
 */

import fc from 'fast-check'
import type { KernelProvider } from '../../src/index.js'
import { selectKernels } from '../../src/kernels/select.js'

/** What `open()` selects here. */
export const kernels: KernelProvider = await selectKernels('auto')

/** Whether they are native. */
export const isNative: boolean = kernels.info.name === 'native'

/** All cases on native kernels; on scalar ones as many as this, others in each run. */
export function someCases<Case>(count: number, cases: readonly Case[]): readonly Case[] {
  if (isNative) return cases
  const chosen = fc.shuffledSubarray([...cases], { minLength: count, maxLength: count })
  return fc.sample(chosen, 1)[0] ?? []
}

/** A number of runs, rows or queries: this one on native kernels, another one on scalar ones. */
export function countFor(counts: { readonly native: number; readonly scalar: number }): number {
  return isNative ? counts.native : counts.scalar
}
