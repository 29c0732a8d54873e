/**
 * Builds the addon with the C++ compiler that is there (`CXX`, else g++, clang++ or c++), into
 * build/<platform>-<arch>/sluice.node. Downloads nothing. Without a compiler it says so in one line
 * and succeeds, because Sluice then runs on its scalar kernels. Does nothing when sources, flags
 * and compiler are those of the last build.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(fileURLToPath(import.meta.url))
const TARGET = `${process.platform}-${process.arch}`
const NATIVE = join(ROOT, 'native')
const OUTPUT = join(ROOT, 'build', TARGET)
const ADDON = join(OUTPUT, 'sluice.node')
const STAMP = join(OUTPUT, 'stamp')

/**
 * -ffp-contract=off: an FMA is used where the source says so, so tails sum like vectors.
 * -fno-math-errno: a square root is one instruction, without a look at errno.
 */
const FLOATS = ['-ffp-contract=off', '-fno-math-errno']
const COMMON = ['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', ...FLOATS]
const WARNINGS = ['-Wall', '-Wextra', '-Werror=return-type']

/** GCC warns of its own headers here: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105593 */
const AVX512_WARNINGS = ['-Wno-uninitialized', '-Wno-maybe-uninitialized']
const AVX2 = ['-mavx2', '-mfma', '-mf16c', '-mpopcnt']
const AVX512_EXTENSIONS = ['bw', 'dq', 'vl', 'vnni', 'vbmi', 'vbmi2', 'bitalg', 'vpopcntdq']
const AVX512 = ['-mavx512f', ...AVX512_EXTENSIONS.map((name) => `-mavx512${name}`)]

/**
 * Flags of files that need more than the baseline, by the first word of the file's name; they are
 * compiled for that architecture only. native/dispatch.cc asks the CPU for the same.
 */
const FLAGS_BY_NAME = {
  sse42: { arch: 'x64', flags: ['-msse4.2'] },
  avx2: { arch: 'x64', flags: AVX2 },
  avx512: { arch: 'x64', flags: [...AVX2, ...AVX512, ...AVX512_WARNINGS] },
}

function decline(reason) {
  process.stderr.write(`@sluice/simd-native: ${reason}; Sluice will run on its scalar kernels\n`)
}

function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++', 'c++']
  for (const compiler of candidates) {
    const { status, stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' })
    if (status === 0) return { compiler, version: stdout }
  }
  return undefined
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

/** Sources to compile, relative to native/, with `/` between folders. */
function listFiles(suffix) {
  return readdirSync(NATIVE, { recursive: true })
    .map((path) => path.split('\\').join('/'))
    .filter((path) => path.endsWith(suffix))
    .sort()
}

function stampOf(commands, version) {
  const hash = createHash('sha256').update(version).update(JSON.stringify(commands))
  for (const file of [...listFiles('.h'), ...listFiles('.cc')]) {
    hash.update(file).update(readFileSync(join(NATIVE, file)))
  }
  return hash.digest('hex')
}

function isUpToDate(stamp) {
  return existsSync(ADDON) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp
}

function extrasOf(file) {
  return FLAGS_BY_NAME[file.split('/').at(-1).split(/[-.]/)[0]]
}

function planCommands(include) {
  const sources = listFiles('.cc').filter((file) => {
    const extras = extrasOf(file)
    return extras === undefined || extras.arch === process.arch
  })
  const objects = []
  const commands = sources.map((file) => {
    const object = join(OUTPUT, `${file.replaceAll('/', '-')}.o`)
    objects.push(object)
    const flags = [...COMMON, ...WARNINGS, ...(extrasOf(file)?.flags ?? []), '-isystem', include]
    return [...flags, '-c', join(NATIVE, file), '-o', object]
  })
  const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : []
  const link = [...(shared.length > 0 ? shared : ['-shared']), ...objects]
  // Written beside and renamed: a process that has the old addon loaded keeps it whole.
  return [...commands, [...link, '-o', `${ADDON}.new`]]
}

function build() {
  if (process.platform === 'win32') return decline(`there is no build for ${TARGET}`)
  const include = includeDirectory()
  if (include === undefined) return decline('node-api-headers is not installed')
  const found = findCompiler()
  if (found === undefined) return decline('no C++ compiler was found')
  const commands = planCommands(include)
  const stamp = stampOf(commands, found.version)
  if (isUpToDate(stamp)) return undefined
  mkdirSync(OUTPUT, { recursive: true })
  for (const command of commands) {
    const { status, stderr } = spawnSync(found.compiler, command, { encoding: 'utf8' })
    process.stderr.write(stderr ?? '')
    if (status !== 0) return decline(`${found.compiler} failed`)
  }
  renameSync(`${ADDON}.new`, ADDON)
  writeFileSync(STAMP, stamp)
  process.stdout.write(`@sluice/simd-native: built ${ADDON}\n`)
  return undefined
}

build()
