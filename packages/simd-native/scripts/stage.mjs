/**
 * Makes the package that carries the binary of one platform, ready to be published, in
 * npm/<platform>: `stage.mjs [platform] [--addon file]`. The binary is what build.mjs built for
 * that platform; it must be of the right kind, and where it can run it must load and work.
 * Without a platform, it is the one of this machine, and without a build for it nothing is made.
 *
 * `stage.mjs --list` writes all that are staged into the optional dependencies of
 * @sluice/simd-native. That is for the release's checkout only: an installation of the workspace
 * must not ask the registry for packages that are not there yet.
 */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { platformName } from '../dist/platform.js'
import { whyNotWhole } from '../dist/whole-binary.js'
import { PLATFORMS, whyNotFor } from './platforms.mjs'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const LICENSE = join(PACKAGE, '..', '..', 'LICENSE')
const MANIFEST = join(PACKAGE, 'package.json')
const STAGED = join(PACKAGE, 'npm')
const HOST = platformName()

const USAGE = `usage: stage.mjs [platform] [--addon <file>]
       stage.mjs --list

  platform        ${Object.keys(PLATFORMS).join(', ')}; without it, this machine's
  --addon <file>  the binary, instead of what build.mjs built
  --list          write all that are staged into optionalDependencies
  --help          this text
`

/** crc32c of "123456789" is the check value of RFC 3720. */
const TRIAL = `
  const kernels = require(process.argv[1]).kernels('')
  const good = kernels.crc32c(Buffer.from('123456789'), 0) === 0xe3069283
  process.stdout.write(good ? kernels.isa : 'wrong checksum')
  process.exitCode = good ? 0 : 1`

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`)
}

function packageName(platform) {
  return `@sluice/simd-native-${platform}`
}

function describe({ os, cpu, libc }) {
  return `${os} on ${cpu}${libc === undefined ? '' : ` with ${libc}`}`
}

function manifestOf(platform) {
  const { version, license, keywords, repository, engines } = readJson(MANIFEST)
  const { os, cpu, libc } = PLATFORMS[platform]
  return {
    name: packageName(platform),
    version,
    description: `The binary of @sluice/simd-native for ${describe(PLATFORMS[platform])}`,
    keywords,
    license,
    repository,
    engines,
    os: [os],
    cpu: [cpu],
    libc: libc && [libc],
    main: 'sluice.node',
    files: ['sluice.node'],
    publishConfig: { access: 'public' },
  }
}

function readmeOf(platform) {
  return `# ${packageName(platform)}

The binary of [@sluice/simd-native](https://www.npmjs.com/package/@sluice/simd-native) for
${describe(PLATFORMS[platform])}. It comes with that package; nobody needs to install it by itself.

Licensed under Apache-2.0.
`
}

/** Loads the addon in a process of its own and tells the instruction set; throws when it fails. */
function tryAddon(path) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--eval', TRIAL, path], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${path} does not work here: ${stdout}${stderr}`)
  return stdout
}

function stage(platform, addon) {
  const reason = whyNotFor(platform, readFileSync(addon)) ?? whyNotWhole(addon)
  if (reason !== undefined) throw new Error(`${addon} is not for ${platform}: ${reason}`)
  const tried = platform === HOST ? `works with ${tryAddon(addon)}` : `not tried on ${HOST}`
  const out = join(STAGED, platform)
  mkdirSync(out, { recursive: true })
  copyFileSync(addon, join(out, 'sluice.node'))
  copyFileSync(LICENSE, join(out, 'LICENSE'))
  writeJson(join(out, 'package.json'), manifestOf(platform))
  writeFileSync(join(out, 'README.md'), readmeOf(platform))
  process.stdout.write(`${packageName(platform)}: staged in ${out}, ${tried}\n`)
}

function listStaged() {
  const manifest = readJson(MANIFEST)
  const staged = readdirSync(STAGED).map((name) => readJson(join(STAGED, name, 'package.json')))
  const old = staged.filter(({ version }) => version !== manifest.version)
  if (old.length > 0) throw new Error(`${old[0].name} is not of version ${manifest.version}`)
  const entries = staged.map(({ name, version }) => [name, version])
  writeJson(MANIFEST, { ...manifest, optionalDependencies: Object.fromEntries(entries) })
  process.stdout.write(`optional dependencies: ${entries.map(([name]) => name).join(', ')}\n`)
}

/** Stages the file named, which is relative to where the package manager was started: it runs
 * scripts in the folder of their package. */
function stageFile(platform, name) {
  const addon = resolve(process.env.INIT_CWD ?? '.', name)
  if (!existsSync(addon)) throw new Error(`${addon} does not exist`)
  stage(platform, addon)
}

function stageBuild(platform, isOptional) {
  const target = PLATFORMS[platform]?.target ?? platform
  const addon = join(PACKAGE, 'build', target, 'sluice.node')
  if (existsSync(addon)) return stage(platform, addon)
  if (!isOptional) {
    const command = `node ${join(PACKAGE, 'build.mjs')} --target ${target}`
    throw new Error(`${addon} does not exist; build it first: ${command}`)
  }
  process.stdout.write(`${packageName(platform)}: nothing to stage, there is no build\n`)
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      addon: { type: 'string' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return process.stdout.write(USAGE)
  if (values.list) return listStaged()
  const platform = positionals[0] ?? HOST
  const isOptional = positionals.length === 0 && values.addon === undefined
  if (!isOptional && PLATFORMS[platform] === undefined) {
    throw new Error(`${platform} is none of ${Object.keys(PLATFORMS).join(', ')}`)
  }
  if (values.addon !== undefined) return stageFile(platform, values.addon)
  stageBuild(platform, isOptional)
}

try {
  main()
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
