/** What a function of the addon takes, for the fuzzer. */
import type { NativeFunctions } from '../../src/addon.js'
import type { Arena } from './arena.js'
import type { Draw } from './draw.js'

/** What valid arguments are made of. */
export interface Making {
  readonly draw: Draw
  readonly arena: Arena
  readonly functions: NativeFunctions
}

/** A function of the addon. */
export interface Target {
  /** Positions of the arguments it may write to. */
  readonly outputs: readonly number[]
  /** Codes of the errors it may throw besides SLUICE_INVALID_ARGUMENT. */
  readonly codes?: readonly string[]
  /** Arguments that it takes without an error. */
  make(making: Making): unknown[]
  /** Gives back what a call that succeeded holds. */
  undo?(making: Making, result: unknown): void
}

/** Every function of the addon by its name. */
export type Targets = Readonly<Record<string, Target>>
