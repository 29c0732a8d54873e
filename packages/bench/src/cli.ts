#!/usr/bin/env node
/** The command line tool `sluice-bench`. */

import { runCli } from './run-cli.js'

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  columns: () =>
    process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? process.stderr.columns : undefined,
})
