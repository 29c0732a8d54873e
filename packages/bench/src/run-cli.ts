/** From arguments to a finished benchmark: help, errors, the report in text and as a file. */

import { writeFile } from 'node:fs/promises'
import { addCommand } from './add/add-command.js'
import { churnCommand } from './churn/churn-command.js'
import type { BenchCommand } from './command.js'
import { ingestCommand } from './ingest/ingest-command.js'
import { kernelsCommand } from './kernels/kernels-command.js'
import { openCommand } from './open/open-command.js'
import { type OptionTable, parseOptions } from './options.js'
import { buildReport } from './report.js'
import { reportText } from './report-text.js'
import { searchCommand } from './search/search-command.js'
import { UsageError } from './usage-error.js'
import { writePathCommand } from './write-path/write-path-command.js'

/**
 * Where text goes.
 *
 * @internal
 */
export interface CliOutput {
  /** Takes what was asked for: the report, the help. */
  readonly out: (text: string) => void
  /** Takes progress and complaints. */
  readonly err: (text: string) => void
}

const COMMANDS: readonly BenchCommand[] = [
  ingestCommand,
  addCommand,
  writePathCommand,
  openCommand,
  churnCommand,
  kernelsCommand,
  searchCommand,
]

const GENERAL_OPTIONS: OptionTable = {
  json: { value: 'file', help: 'also write the report to this file, as JSON' },
  help: { help: 'show this' },
}

/**
 * Runs one command line.
 *
 * @param argv - the name of a benchmark and its options
 * @param output - where text goes
 * @returns the exit status: 0, 1 for a failure, 2 for wrong usage
 * @internal
 */
export async function runCli(argv: readonly string[], output: CliOutput): Promise<number> {
  try {
    await run(argv, output)
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      const named = COMMANDS.some(({ name }) => name === argv[0]) ? `${argv[0]} ` : ''
      output.err(`${error.message}\nTry 'sluice-bench ${named}--help'.\n`)
      return 2
    }
    output.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return 1
  }
}

async function run(argv: readonly string[], { out, err }: CliOutput): Promise<void> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help') return out(overview())
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (!command) {
    const names = COMMANDS.map((candidate) => candidate.name).join(', ')
    throw new UsageError(`there is no benchmark '${name}', only ${names}`)
  }
  const values = parseOptions({ ...command.options, ...GENERAL_OPTIONS }, rest)
  if (values.flag('help')) return out(helpOf(command))
  const outcome = await command.run(values, (line) => err(`${line}\n`))
  const report = await buildReport(command.name, values, outcome)
  out(reportText(report))
  const file = values.text('json')
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`)
}

function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}\n`)
  return (
    `Usage: sluice-bench <benchmark> [options]\n\n${lines.join('')}\n` +
    `'sluice-bench <benchmark> --help' lists its options.\n`
  )
}

function helpOf({ name, summary, options }: BenchCommand): string {
  const lines = Object.entries({ ...options, ...GENERAL_OPTIONS }).map(([option, spec]) => {
    const usage = spec.value === undefined ? `--${option}` : `--${option} <${spec.value}>`
    const fallback = spec.fallback === undefined ? '' : ` (default: ${spec.fallback})`
    return `  ${usage.padEnd(24)}${spec.help}${fallback}\n`
  })
  return `sluice-bench ${name}: ${summary}\n\n${lines.join('')}`
}
