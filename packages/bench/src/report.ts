/** The report of one run: the object that `--json` writes. */

import type { KernelProviderInfo } from '@sluice/core'
import type { BenchOutcome } from './command.js'
import { describeCommit, describeEnvironment, type Environment } from './environment.js'
import type { Figure } from './figures.js'
import type { OptionValues } from './options.js'

/**
 * A report. MB are 10^6 bytes: of raw vector data, unless a figure's description says otherwise.
 *
 * @internal
 */
export interface BenchReport {
  readonly bench: string
  readonly args: Readonly<Record<string, string | boolean>>
  readonly commit: string | null
  readonly environment: Environment
  /** Which kernels ran, and why these. */
  readonly kernels: Pick<KernelProviderInfo, 'name' | 'isa' | 'reason'>
  /** Sentences without which the figures would be misread. */
  readonly notes: readonly string[]
  readonly figures: Readonly<Record<string, Figure>>
  /** Lines that come after the figures. */
  readonly details?: readonly string[]
  readonly series?: Readonly<Record<string, readonly number[]>>
}

/**
 * Puts a report together.
 *
 * @param bench - the name of the benchmark
 * @param values - the options it ran with
 * @param outcome - what it found
 * @internal
 */
export async function buildReport(
  bench: string,
  values: OptionValues,
  outcome: BenchOutcome,
): Promise<BenchReport> {
  const { name, isa, reason } = outcome.kernels
  return {
    bench,
    args: values.toJSON(),
    commit: (await describeCommit()) ?? null,
    environment: await describeEnvironment(outcome.directory, isa),
    kernels: { name, isa, reason },
    notes: outcome.notes,
    figures: outcome.figures.toJSON(),
    ...(outcome.details ? { details: outcome.details } : {}),
    ...(outcome.series ? { series: outcome.series } : {}),
  }
}
