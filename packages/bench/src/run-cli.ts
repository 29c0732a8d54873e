/** From arguments to a finished benchmark: help, errors, the report in text and as a file. */

import { readFile, writeFile } from 'node:fs/promises'
import { addCommand } from './add/add-command.js'
import { atEarlyEnd } from './at-early-end.js'
import { churnCommand } from './churn/churn-command.js'
import type { BenchCommand, BenchOutcome } from './command.js'
import { failureText } from './failure-text.js'
import { reportPage } from './html/page.js'
import { parseReport } from './html/report-view.js'
import { ingestCommand } from './ingest/ingest-command.js'
import { kernelsCommand } from './kernels/kernels-command.js'
import { matrixCommand } from './matrix/matrix-command.js'
import { openCommand } from './open/open-command.js'
import { type OptionTable, type OptionValues, parseOptions } from './options.js'
import { checkOutputFile } from './output-file.js'
import { Progress } from './progress.js'
import { type BenchReport, buildReport } from './report.js'
import { REPORT_NAME, REPORT_SUMMARY, runReport } from './report-command.js'
import { reportText } from './report-text.js'
import { peersCommand } from './search/peers-command.js'
import { searchCommand } from './search/search-command.js'
import { soakCommand } from './soak/soak-command.js'
import { sweepCommand } from './sweep/sweep-command.js'
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
  /** The width of the terminal that `err` writes to, now; undefined where it is none. */
  readonly columns?: () => number | undefined
}

const COMMANDS: readonly BenchCommand[] = [
  ingestCommand,
  matrixCommand,
  sweepCommand,
  addCommand,
  writePathCommand,
  openCommand,
  churnCommand,
  kernelsCommand,
  searchCommand,
  peersCommand,
  soakCommand,
]

const OUTPUT_OPTIONS: OptionTable = {
  json: { value: 'file', help: 'also write the report to this file, as JSON' },
  html: { value: 'file', help: 'also write it to this file, as a page with plots' },
}

const GENERAL_OPTIONS: OptionTable = {
  ...OUTPUT_OPTIONS,
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
      const names = [REPORT_NAME, ...COMMANDS.map(({ name }) => name)]
      const named = names.some((name) => name === argv[0]) ? `${argv[0]} ` : ''
      output.err(`${error.message}\nTry 'sluice-bench ${named}--help'.\n`)
      return 2
    }
    output.err(`${argv[0]} failed: ${failureText(error)}\n`)
    return 1
  }
}

async function run(argv: readonly string[], output: CliOutput): Promise<void> {
  const { out } = output
  const [name, ...rest] = argv
  if (name === undefined || name === '--help') return out(overview())
  if (name === '--version') return out(`${await version()}\n`)
  if (name === REPORT_NAME) return runReport(rest, out)
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (!command) {
    const names = COMMANDS.map((candidate) => candidate.name).join(', ')
    throw new UsageError(`there is no benchmark '${name}', only ${names}, and ${REPORT_NAME}`)
  }
  const values = parseOptions({ ...command.options, ...GENERAL_OPTIONS }, rest)
  if (values.flag('help')) return out(helpOf(command))
  for (const option of Object.keys(OUTPUT_OPTIONS)) await checkOutputFile(values, option)
  const progress = new Progress(output.err, output.columns ?? (() => undefined))
  const { report, tables } = await runCommand(command, values, progress)
  out(reportText(report, tables))
  await writeReport(report, values)
}

async function runCommand(
  command: BenchCommand,
  values: OptionValues,
  progress: Progress,
): Promise<{ readonly report: BenchReport; readonly tables: BenchOutcome['tables'] }> {
  // What makes files ends with the status of a signal between two of them, too.
  const stopListening = 'dir' in command.options ? atEarlyEnd(() => undefined) : undefined
  try {
    const outcome = await command.run(values, (line) => progress.say(line))
    const report = await buildReport(command.name, values, outcome)
    return { report, tables: outcome.tables }
  } finally {
    stopListening?.()
    progress.end()
  }
}

async function writeReport(report: BenchReport, values: OptionValues): Promise<void> {
  const text = `${JSON.stringify(report, undefined, 2)}\n`
  const json = values.text('json')
  if (json !== undefined) await writeFile(json, text)
  const html = values.text('html')
  if (html !== undefined) await writeFile(html, reportPage([parseReport(text, report.bench)]))
}

function overview(): string {
  const commands = [...COMMANDS, { name: REPORT_NAME, summary: REPORT_SUMMARY }]
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}\n`)
  return (
    `Usage: sluice-bench <benchmark> [options]\n\n${lines.join('')}\n` +
    "'sluice-bench <benchmark> --help' lists its options; 'sluice-bench --version' says which " +
    "version this is.\nFrom a clone of the repository, 'npx -y pnpm@12 bench' is the same as " +
    "'sluice-bench'.\nThe README of @sluice/bench explains the figures; --html draws them.\n"
  )
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

function helpOf({ name, summary, options }: BenchCommand): string {
  const lines = Object.entries({ ...options, ...GENERAL_OPTIONS }).map(([option, spec]) => {
    const usage = spec.value === undefined ? `--${option}` : `--${option} <${spec.value}>`
    const fallback = spec.fallback === undefined ? '' : ` (default: ${spec.fallback})`
    return `  ${usage.padEnd(24)}${spec.help}${fallback}\n`
  })
  const counts = 'Counts may be written 10k, 1.5M or 2G.\n'
  return `sluice-bench ${name}: ${summary}\n\n${lines.join('')}\n${counts}`
}
