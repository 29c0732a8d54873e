/**
 * `pnpm bench <name> ...args`: builds the workspace, then runs the benchmark CLI in the directory
 * the caller stands in, so that relative paths in the arguments mean what the caller expects. Exits
 * with the CLI's own status.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs a command with the caller's terminal and ends this process when the command fails. */
function runOrExit(command, argv, cwd) {
  const { status, error } = spawnSync(command, argv, {
    cwd,
    stdio: ['inherit', 'inherit', 'inherit'],
  })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

runOrExit('pnpm', ['run', 'build'], root)
runOrExit(
  process.execPath,
  [`${root}packages/bench/dist/cli.js`, ...process.argv.slice(2)],
  process.env.INIT_CWD ?? process.cwd(),
)
