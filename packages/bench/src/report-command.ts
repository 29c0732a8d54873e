/** Command `report`: reports that were written before as one HTML page. */

import { readFile, writeFile } from 'node:fs/promises'
import { reportPage } from './html/page.js'
import { parseReport } from './html/report-view.js'
import { type OptionTable, parseArguments } from './options.js'
import { checkOutputFile } from './output-file.js'
import { UsageError } from './usage-error.js'

/**
 * The name of the command.
 *
 * @internal
 */
export const REPORT_NAME = 'report'

/**
 * What it does.
 *
 * @internal
 */
export const REPORT_SUMMARY = 'one HTML page of reports that --json wrote: tables and plots'

const OPTIONS: OptionTable = {
  html: { value: 'file', help: 'where the page goes; it needs no other file and no network' },
  help: { help: 'show this' },
}

/**
 * Runs it.
 *
 * @param argv - names of reports, and options
 * @param out - takes the help
 * @throws UsageError for a missing name, or a file that cannot be read or written or is no report
 * @internal
 */
export async function runReport(
  argv: readonly string[],
  out: (text: string) => void,
): Promise<void> {
  const { values, words } = parseArguments(OPTIONS, argv, true)
  if (values.flag('help')) return out(help())
  const html = values.text('html')
  if (html === undefined) throw new UsageError('report takes --html <file>')
  if (words.length === 0) throw new UsageError('report takes at least one file that --json wrote')
  await checkOutputFile(values, 'html')
  const reports = []
  for (const file of words) reports.push(parseReport(await readText(file), file))
  await writeFile(html, reportPage(reports))
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read '${file}'`, { cause: error })
  }
}

function help(): string {
  const { html } = OPTIONS
  return (
    `sluice-bench ${REPORT_NAME} <report.json>...: ${REPORT_SUMMARY}\n\n` +
    `  ${'--html <file>'.padEnd(24)}${html?.help}\n`
  )
}
