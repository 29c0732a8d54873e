/**
 * Command-line options: declared in a table, parsed strictly, read with a type. A wrong one is a
 * UsageError that names the option, what it takes and what it got.
 */

import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.js'

/**
 * One option.
 *
 * @internal
 */
export interface OptionSpec {
  /** How its value is called in the help; left out for a flag. */
  readonly value?: string
  /** What it is when not given; an option without one is empty then. */
  readonly fallback?: string
  readonly help: string
}

/**
 * Options by name.
 *
 * @internal
 */
export type OptionTable = Readonly<Record<string, OptionSpec>>

/**
 * Options as given, with fallbacks filled in.
 *
 * @internal
 */
export class OptionValues {
  readonly #values: Readonly<Record<string, string | boolean>>

  constructor(values: Readonly<Record<string, string | boolean>>) {
    this.#values = values
  }

  /** Whether a flag was given. */
  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** A text; undefined when it was not given and has no fallback. */
  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  /** @throws UsageError unless it is an integer from `min` to `max`; `1e6` and `1M` are, too. */
  integer(name: string, min: number, max: number): number {
    const text = this.text(name) ?? ''
    const value = countOf(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new UsageError(`--${name} takes an integer from ${min} to ${max}, got '${text}'`)
  }

  /** @throws UsageError unless it is a number from `min` to `max`. */
  number(name: string, min: number, max: number): number {
    const text = this.text(name) ?? ''
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (value >= min && value <= max) return value
    throw new UsageError(`--${name} takes a number from ${min} to ${max}, got '${text}'`)
  }

  /** @throws UsageError unless it is one of `choices`. */
  choice<T extends string>(name: string, choices: readonly T[]): T {
    const text = this.text(name) ?? ''
    const found = choices.find((choice) => choice === text)
    if (found !== undefined) return found
    throw new UsageError(`--${name} takes one of ${choices.join(', ')}; got '${text}'`)
  }

  /**
   * Several, with commas between them.
   *
   * @returns those chosen, in the order of `choices`; all of them for `all`
   * @throws UsageError unless each is one of `choices`
   */
  choices<T extends string>(name: string, choices: readonly T[]): readonly T[] {
    const words = this.#words(name)
    if (words.length === 1 && words[0] === 'all') return choices
    const chosen = words.map((word) => this.with({ [name]: word }).choice(name, choices))
    return choices.filter((choice) => chosen.includes(choice))
  }

  /**
   * Several, with commas between them.
   *
   * @returns each once, ascending
   * @throws UsageError unless each is an integer from `min` to `max`
   */
  integers(name: string, min: number, max: number): readonly number[] {
    const numbers = this.#words(name).map((word) =>
      this.with({ [name]: word }).integer(name, min, max),
    )
    return [...new Set(numbers)].sort((a, b) => a - b)
  }

  /** The same with some values set. */
  with(values: Readonly<Record<string, string>>): OptionValues {
    return new OptionValues({ ...this.#values, ...values })
  }

  /** Everything, for the report. */
  toJSON(): Readonly<Record<string, string | boolean>> {
    return this.#values
  }

  #words(name: string): readonly string[] {
    return (this.text(name) ?? '').split(',').map((word) => word.trim())
  }
}

const POWERS: Readonly<Record<string, string>> = { k: 'e3', M: 'e6', G: 'e9' }

/** A number, in thousands (`10k`), millions (`1.5M`) or thousands of millions (`2G`). */
function countOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([kMG])$/.exec(text.trim()) ?? []
  if (digits !== undefined) return Number(digits + POWERS[unit])
  return text.trim() === '' ? Number.NaN : Number(text)
}

/**
 * Parses arguments.
 *
 * @param table - the options there are
 * @param argv - arguments after the name of the command
 * @throws UsageError for an unknown option, a missing value or a word that is no option
 * @internal
 */
export function parseOptions(table: OptionTable, argv: readonly string[]): OptionValues {
  return parseArguments(table, argv, false).values
}

/**
 * Parses arguments among which words may stand that are no options, such as names of files.
 *
 * @param table - the options there are
 * @param argv - arguments after the name of the command
 * @param words - whether there may be any
 * @throws UsageError as {@link parseOptions}
 * @internal
 */
export function parseArguments(
  table: OptionTable,
  argv: readonly string[],
  words: boolean,
): { readonly values: OptionValues; readonly words: readonly string[] } {
  const options: Record<string, { type: 'boolean' | 'string' }> = {}
  const fallbacks: Record<string, string | boolean> = {}
  for (const [name, { value, fallback }] of Object.entries(table)) {
    options[name] = { type: value === undefined ? 'boolean' : 'string' }
    if (value === undefined) fallbacks[name] = false
    else if (fallback !== undefined) fallbacks[name] = fallback
  }
  try {
    const parsed = parseArgs({ args: [...argv], options, strict: true, allowPositionals: words })
    const values = { ...fallbacks, ...parsed.values } as Record<string, string | boolean>
    return { values: new OptionValues(values), words: parsed.positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
