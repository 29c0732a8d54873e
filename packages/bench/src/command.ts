/** What a benchmark is to the command line. */

import type { KernelProviderInfo } from '@sluice/core'
import type { Figures } from './figures.js'
import type { OptionTable, OptionValues } from './options.js'

/**
 * What a benchmark found.
 *
 * @internal
 */
export interface BenchOutcome {
  readonly figures: Figures
  /** Which kernels ran; `isa` lists the instruction sets where there were several. */
  readonly kernels: KernelProviderInfo
  /** Where files were written. */
  readonly directory: string
  /** Sentences without which the figures would be misread. */
  readonly notes: readonly string[]
  /** Figures laid out for people: lines without a newline at the end of each table. */
  readonly tables?: readonly string[]
  /** Lines that come after the figures: what they are made of. */
  readonly details?: readonly string[]
  /** Measurements over time, by name. */
  readonly series?: Readonly<Record<string, readonly number[]>>
}

/**
 * A benchmark.
 *
 * @internal
 */
export interface BenchCommand {
  readonly name: string
  readonly summary: string
  readonly options: OptionTable
  /**
   * Runs it.
   *
   * @param values - parsed options
   * @param say - takes a line on progress
   * @throws UsageError for an option out of range, before anything is written
   */
  run(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome>
}
