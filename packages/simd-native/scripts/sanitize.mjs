/**
 * Builds the addon with the address and undefined behaviour sanitizers and runs this package's
 * tests on it: `sanitize.mjs [vitest arguments]`, by default all tests that call kernels. Any
 * access outside an array's memory, or undefined behaviour, ends the run with a report. For g++ on
 * Linux.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const ROOT = join(PACKAGE, '..', '..')
const ADDON = join(PACKAGE, 'build', `${process.platform}-${process.arch}-sanitize`, 'sluice.node')
const COMPILER = process.env.CXX ?? 'g++'

/** Tests that start processes or judge files of their own: the sanitizers have no part in them. */
const ABOUT_FILES = ['addon', 'build', 'platform', 'sanitize', 'stage', 'whole-binary']

/** Leaks are those of Node.js, which is not built for it. It may not take SIGSEGV for itself. */
const ASAN_OPTIONS = 'detect_leaks=0:allocator_may_return_null=1:handle_segv=2'
const UBSAN_OPTIONS = 'print_stacktrace=1'

/** The sanitizer's run-time library, which must be in the process before everything else. */
function libraryPath(name) {
  const { stdout } = spawnSync(COMPILER, [`-print-file-name=${name}`], { encoding: 'utf8' })
  const path = stdout?.trim() ?? ''
  // Without a folder when the compiler does not have it.
  return path.startsWith('/') && existsSync(path) ? path : undefined
}

function run(script, argv, environment = {}) {
  const { status, signal } = spawnSync(process.execPath, [script, ...argv], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  if (signal !== null) process.stderr.write(`${script} ended by ${signal}\n`)
  return status ?? 1
}

function main(argv) {
  const libraries = ['libasan.so', 'libubsan.so'].map(libraryPath)
  if (libraries.includes(undefined)) {
    process.stderr.write(`${COMPILER} has no sanitizers\n`)
    return 1
  }
  const built = run(join(PACKAGE, 'build.mjs'), ['--sanitize'])
  if (built !== 0) return built
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest')), 'vitest.mjs')
  const excluded = ABOUT_FILES.map((name) => `--exclude=**/simd-native/test/${name}.test.ts`)
  const chosen = argv.length > 0 ? argv : ['packages/simd-native/test']
  return run(vitest, ['run', ...excluded, ...chosen], {
    LD_PRELOAD: libraries.join(' '),
    SLUICE_ADDON: ADDON,
    ASAN_OPTIONS,
    UBSAN_OPTIONS,
  })
}

process.exitCode = main(process.argv.slice(2))
