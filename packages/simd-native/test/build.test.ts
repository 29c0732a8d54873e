/**
 * The build in a copy of the package with compilers of its own: shell scripts that say which one
 * they are, write down how they are called, and make empty files.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const HOST = `${process.platform}-${process.arch}`

let root: string
let addon: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-build-'))
  addon = join(root, 'build', HOST, 'sluice.node')
  cpSync(join(PACKAGE, 'build.mjs'), join(root, 'build.mjs'))
  for (const folder of ['native', 'node_modules']) {
    symlinkSync(join(PACKAGE, folder), join(root, folder))
  }
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Builds where PATH has no compiler. */
function build(compiler: string, ...argv: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'build.mjs'), ...argv],
    { env: { ...process.env, PATH: join(root, 'nothing'), CXX: compiler }, encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

/** A build of New Year 2024. */
function leaveEarlierBuild(): void {
  const date = new Date('2024-01-01T12:34:56Z')
  mkdirSync(dirname(addon), { recursive: true })
  writeFileSync(addon, '')
  utimesSync(addon, date, date)
}

/** A compiler that says what it is; `calls` is the file of its arguments, a call a line. */
function makeCompiler(version: string): { readonly path: string; readonly calls: string } {
  const path = join(root, 'compiler')
  const calls = join(root, 'calls')
  const script = `#!/bin/sh
if [ "$1" = --version ]; then echo '${version}'; exit; fi
echo "$@" >> '${calls}'
for last; do :; done
: > "$last"
`
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  return { path, calls }
}

describe('build.mjs', () => {
  it('without a compiler says in one line that scalar kernels will run, and succeeds', () => {
    expect(build('')).toEqual({
      status: 0,
      stdout: '',
      stderr:
        `@sluice/simd-native: no C++ compiler was found for ${HOST}: CXX is not set, ` +
        'and there is no g++, clang++, c++; Sluice will run on its scalar kernels\n',
    })
  })

  it('without a compiler says that an earlier build stays in use, and of when', () => {
    leaveEarlierBuild()
    const { status, stderr } = build('')
    expect(stderr).toContain('; the build of 2024-01-01 12:34 UTC stays in use\n')
    expect(stderr).not.toContain('scalar')
    expect(status).toBe(0)
  })

  it('fails when the compiler that CXX names does not run, and names it', () => {
    expect(build('/no/such/compiler')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        '@sluice/simd-native: CXX=/no/such/compiler does not run; ' +
        'Sluice will run on its scalar kernels\n',
    })
    leaveEarlierBuild()
    expect(build('/no/such/compiler').stderr).toContain('does not run; the build of 2024-01-01')
  })

  it('names the targets there are when asked for another', () => {
    expect(build('', '--target', 'linux-riscv')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        '@sluice/simd-native: --target linux-riscv is none of ' +
        'linux-x64, linux-arm64, darwin-x64, darwin-arm64\n',
    })
  })

  it('explains itself, and refuses an option it does not have without a stack', () => {
    expect(build('', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^usage: node build\.mjs /),
    })
    const { status, stderr } = build('', '--fast')
    expect(stderr).toMatch(/^@sluice\/simd-native: Unknown option '--fast'.*\n\nusage: /)
    expect(stderr).not.toContain('    at ')
    expect(status).toBe(1)
  })
})

describe.skipIf(process.platform === 'win32')('build.mjs with a compiler', () => {
  const targeted = ['--target', 'linux-x64']

  it('gives the warning flags of GCC to GCC', () => {
    const { path, calls } = makeCompiler('g++ (GCC) 13.2.0')
    expect(build(path, ...targeted).status).toBe(0)
    expect(readFileSync(calls, 'utf8')).toContain('-Wno-maybe-uninitialized')
  })

  it('gives clang no warning flags of GCC', () => {
    const { path, calls } = makeCompiler('Debian clang version 14.0.6')
    expect(build(path, ...targeted).status).toBe(0)
    const said = readFileSync(calls, 'utf8')
    expect(said).toContain('-mavx512vnni')
    expect(said).not.toContain('uninitialized')
  })

  it('leaves no earlier build where it fails: that would be of other sources', () => {
    leaveEarlierBuild()
    const { path } = makeCompiler('g++ (GCC) 13.2.0')
    writeFileSync(path, '#!/bin/sh\n[ "$1" = --version ]\n')
    const { status, stderr } = build(path)
    expect(stderr).toContain(`${path} failed; Sluice will run on its scalar kernels`)
    expect(status).toBe(1)
    expect(existsSync(addon)).toBe(false)
  })
})
