/**
 * Builds the addon with the C++ compiler that is there (`CXX`, else g++, clang++ or c++), into
 * build/<platform>-<arch>/sluice.node. Downloads nothing. Without a compiler it says so in one line
 * and succeeds, because Sluice then runs on its scalar kernels. Compiles only what changed.
 *
 * `--target linux-arm64` builds for another machine, `--sanitize` with the address and undefined
 * behaviour sanitizers, into build/<target>-sanitize. What is asked for so, or by `CXX`, fails
 * where it fails.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = dirname(fileURLToPath(import.meta.url))
const NATIVE = join(ROOT, 'native')
const HOST = `${process.platform}-${process.arch}`

const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']

const USAGE = `usage: node build.mjs [--target <target>] [--sanitize]

  --target <target>  ${TARGETS.join(', ')}; without it, this machine
  --sanitize         with the address and undefined behaviour sanitizers
  --help             this text

CXX names the compiler: a path, or a name to be found in PATH.
`

function refuse(reason) {
  process.stderr.write(`@sluice/simd-native: ${reason}\n`)
  process.exit(1)
}

function readOptions() {
  const options = {
    target: { type: 'string', default: HOST },
    sanitize: { type: 'boolean' },
    help: { type: 'boolean' },
  }
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return refuse(`${error.message}\n\n${USAGE}`)
  }
}

const options = readOptions()
const TARGET = options.target
const [PLATFORM, ARCH] = TARGET.split('-')
const OUTPUT = join(ROOT, 'build', options.sanitize ? `${TARGET}-sanitize` : TARGET)
const ADDON = join(OUTPUT, 'sluice.node')
const STAMP = join(OUTPUT, 'stamp')

/**
 * -ffp-contract=off: an FMA is used where the source says so, so tails sum like vectors.
 * -fno-math-errno: a square root is one instruction, without a look at errno.
 */
const FLOATS = ['-ffp-contract=off', '-fno-math-errno']
const COMMON = ['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-fno-exceptions', ...FLOATS]
const WARNINGS = ['-Wall', '-Wextra', '-Werror=return-type']
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined']
const SANITIZED = options.sanitize ? [...SANITIZERS, '-g', '-O1', '-fno-omit-frame-pointer'] : []

/** GCC warns of its own headers here: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105593; clang
 * does not, and does not know the second. */
const AVX512_WARNINGS_GCC = ['-Wno-uninitialized', '-Wno-maybe-uninitialized']
const AVX2 = ['-mavx2', '-mfma', '-mf16c', '-mpopcnt']
const AVX512_EXTENSIONS = ['bw', 'dq', 'vl', 'vnni', 'vbmi', 'vbmi2', 'bitalg', 'vpopcntdq']
const AVX512 = [
  '-mavx512f',
  ...AVX512_EXTENSIONS.map((name) => `-mavx512${name}`),
  '-mpclmul',
  '-mvpclmulqdq',
]

/**
 * Flags of files that need more than the baseline, by the first word of the file's name; they are
 * compiled for that architecture only. native/dispatch.cc asks the CPU for the same.
 */
const FLAGS_BY_NAME = {
  sse42: { arch: 'x64', flags: ['-msse4.2'] },
  avx2: { arch: 'x64', flags: AVX2 },
  avx512: { arch: 'x64', flags: [...AVX2, ...AVX512], gcc: AVX512_WARNINGS_GCC },
  neon: { arch: 'arm64', flags: [] },
  armcrc: { arch: 'arm64', flags: ['-march=armv8-a+crc'] },
  dotprod: { arch: 'arm64', flags: ['-march=armv8.2-a+dotprod'] },
}

/** Flags of every file and of the link; clang on macOS builds for both of its architectures. */
const FLAGS_BY_TARGET = {
  'darwin-arm64': ['-arch', 'arm64', '-mmacosx-version-min=11.0'],
  'darwin-x64': ['-arch', 'x86_64', '-mmacosx-version-min=11.0'],
}
/** --as-needed: nothing of the C++ library is used, so none needs to be where the addon runs. */
const LINK_BY_PLATFORM = {
  linux: ['-shared', '-Wl,--as-needed'],
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
}

/** What there is now that nothing was built. */
function consequence() {
  if (existsSync(ADDON)) {
    const made = statSync(ADDON).mtime.toISOString().slice(0, 16).replace('T', ' ')
    return `; the build of ${made} UTC stays in use`
  }
  const isForHere = TARGET === HOST && !options.sanitize
  return isForHere ? '; Sluice will run on its scalar kernels' : ''
}

function decline(reason) {
  process.stderr.write(`@sluice/simd-native: ${reason}${consequence()}\n`)
  if (TARGET !== HOST || options.sanitize || process.env.CXX) process.exitCode = 1
}

function compilerCandidates() {
  if (process.env.CXX) return [process.env.CXX]
  const native = ['g++', 'clang++', 'c++']
  if (TARGET === HOST || (PLATFORM === 'darwin' && process.platform === 'darwin')) return native
  return TARGET === 'linux-arm64' ? ['aarch64-linux-gnu-g++'] : []
}

function findCompiler() {
  for (const compiler of compilerCandidates()) {
    const { status, stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' })
    if (status === 0) return { compiler, version: stdout, isClang: /\bclang\b/.test(stdout) }
  }
  return undefined
}

function whyNoCompiler() {
  if (process.env.CXX) return `CXX=${process.env.CXX} does not run`
  const tried = compilerCandidates()
  const others = tried.length > 0 ? `, and there is no ${tried.join(', ')}` : ''
  return `no C++ compiler was found for ${TARGET}: CXX is not set${others}`
}

function includeDirectory() {
  const require = createRequire(import.meta.url)
  try {
    return require('node-api-headers').include_dir
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** Sources relative to native/, with `/` between folders. */
function listFiles(suffix) {
  return readdirSync(NATIVE, { recursive: true })
    .map((path) => path.split('\\').join('/'))
    .filter((path) => path.endsWith(suffix))
    .sort()
}

function extrasOf(file) {
  return FLAGS_BY_NAME[file.split('/').at(-1).split(/[-.]/)[0]]
}

/**
 * What to compile. An object's name has the hash of all that it is made of (all headers for
 * simplicity), so one that exists is up to date.
 */
function planObjects(include, { version, isClang }) {
  const headers = createHash('sha256').update(version)
  for (const file of listFiles('.h')) headers.update(file).update(readFileSync(join(NATIVE, file)))
  const sources = listFiles('.cc').filter((file) => (extrasOf(file)?.arch ?? ARCH) === ARCH)
  return sources.map((file) => {
    const extras = extrasOf(file)
    const quiet = isClang ? [] : (extras?.gcc ?? [])
    const special = [...(extras?.flags ?? []), ...quiet, ...(FLAGS_BY_TARGET[TARGET] ?? [])]
    const flags = [...COMMON, ...WARNINGS, ...special, ...SANITIZED, '-isystem', include]
    const hash = headers
      .copy()
      .update(readFileSync(join(NATIVE, file)))
      .update(flags.join(' '))
    const name = `${file.replaceAll('/', '-')}.${hash.digest('hex').slice(0, 16)}.o`
    return { file, flags, object: join(OUTPUT, name) }
  })
}

/** Runs the compiler. The output is written beside and renamed: nobody sees half of it. */
function run(compiler, argv, output) {
  const written = `${output}.${process.pid}`
  return new Promise((resolve) => {
    const child = spawn(compiler, [...argv, '-o', written], {
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    child.on('error', (error) => {
      said += `${error.message}\n`
    })
    child.on('close', (status) => {
      process.stderr.write(said)
      if (status === 0) renameSync(written, output)
      else rmSync(written, { force: true })
      resolve(status === 0)
    })
  })
}

/** Compiles as many files at once as there are processors; stops early when one fails. */
async function compileAll(compiler, objects) {
  const waiting = objects.filter(({ object }) => !existsSync(object))
  let good = true
  async function work() {
    for (let next = waiting.shift(); good && next !== undefined; next = waiting.shift()) {
      const argv = [...next.flags, '-c', join(NATIVE, next.file)]
      good = (await run(compiler, argv, next.object)) && good
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return good
}

function linkArguments(objects) {
  const shared = LINK_BY_PLATFORM[PLATFORM] ?? ['-shared']
  const target = FLAGS_BY_TARGET[TARGET] ?? []
  const sanitizers = options.sanitize ? SANITIZERS : []
  return [...shared, ...target, ...sanitizers, ...objects.map(({ object }) => object)]
}

function removeOldObjects(objects) {
  const current = new Set(objects.map(({ object }) => object))
  for (const name of readdirSync(OUTPUT)) {
    const path = join(OUTPUT, name)
    if (name.endsWith('.o') && !current.has(path)) rmSync(path, { force: true })
  }
}

async function build() {
  if (options.help) return process.stdout.write(USAGE)
  if (PLATFORM === 'win32') return decline(`there is no build for ${TARGET}`)
  if (TARGET !== HOST && !TARGETS.includes(TARGET)) {
    return refuse(`--target ${TARGET} is none of ${TARGETS.join(', ')}`)
  }
  const include = includeDirectory()
  if (include === undefined) return decline('node-api-headers is not installed')
  const found = findCompiler()
  if (found === undefined) return decline(whyNoCompiler())
  const objects = planObjects(include, found)
  const link = linkArguments(objects)
  const stamp = [found.compiler, ...link].join('\n')
  if (existsSync(ADDON) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return
  mkdirSync(OUTPUT, { recursive: true })
  const compiled = await compileAll(found.compiler, objects)
  if (!compiled || !(await run(found.compiler, link, ADDON))) {
    // What is left would be the addon of other sources.
    rmSync(ADDON, { force: true })
    return decline(`${found.compiler} failed`)
  }
  writeFileSync(STAMP, stamp)
  removeOldObjects(objects)
  process.stdout.write(`@sluice/simd-native: built ${ADDON}\n`)
}

await build()
