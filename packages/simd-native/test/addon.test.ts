/**
 * The loader in installations of its own: the built package in a temporary node_modules, beside a
 * platform package that is good, broken or absent, with or without a local build. A process each,
 * because an addon that was loaded once stays.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NativeStatus } from '../src/index.js'
import { platformName } from '../src/platform.js'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const BUILD = join('build', `${process.platform}-${process.arch}`, 'sluice.node')
const PLATFORM_PACKAGE = `@sluice/simd-native-${platformName()}`
const hasAddon = existsSync(join(PACKAGE, BUILD))

let modules: string

beforeEach(() => {
  modules = join(mkdtempSync(join(tmpdir(), 'sluice-addon-')), 'node_modules')
  for (const part of ['dist', 'package.json']) {
    cpSync(join(PACKAGE, part), join(modules, '@sluice/simd-native', part), { recursive: true })
  }
})

afterEach(() => {
  rmSync(dirname(modules), { recursive: true })
})

type Binary = 'good' | 'broken' | 'foreign'

/** Puts a binary at a path below node_modules. */
function install(path: string, binary: Binary): string {
  const full = join(modules, path)
  mkdirSync(dirname(full), { recursive: true })
  if (binary === 'good') cpSync(join(PACKAGE, BUILD), full)
  if (binary === 'broken') writeFileSync(full, 'no shared object')
  return full
}

function installPlatformPackage(binary: Binary): string {
  const main = binary === 'foreign' ? 'index.js' : 'sluice.node'
  const path = install(`${PLATFORM_PACKAGE}/${main}`, binary)
  if (binary === 'foreign') writeFileSync(path, 'exports.answer = 42')
  writeFileSync(join(dirname(path), 'package.json'), JSON.stringify({ name: 'any', main }))
  return path
}

function installLocalBuild(binary: Binary): string {
  return install(join('@sluice/simd-native', BUILD), binary)
}

type Answer = { readonly status: NativeStatus; readonly reason: string | undefined }

/** What the installed package says in a new process. */
function ask(variables: Readonly<Record<string, string>> = {}): Answer {
  const program = `
    const { createNativeKernels, nativeStatus } = await import('@sluice/simd-native')
    const status = nativeStatus()
    const reason = status.available ? createNativeKernels().info.reason : undefined
    process.stdout.write(JSON.stringify({ status, reason }))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    {
      cwd: dirname(modules),
      encoding: 'utf8',
      env: { ...process.env, SLUICE_SIMD: '', SLUICE_ADDON: '', ...variables },
    },
  )
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Answer
}

const best = 'the best instruction set of this CPU'

describe('an installation without any binary', () => {
  it('says which package and which file are missing', () => {
    const { status } = ask()
    const file = join(modules, '@sluice/simd-native', BUILD)
    expect(status).toEqual({
      available: false,
      reason:
        `no usable binary for ${platformName()}: ${PLATFORM_PACKAGE} is not installed; ` +
        `${file} does not exist`,
    })
  })

  it('says of every broken binary why it does not load', () => {
    const first = installPlatformPackage('broken')
    const second = installLocalBuild('broken')
    const { status } = ask()
    expect(status.available).toBe(false)
    if (status.available) return
    expect(status.reason).toContain(
      `no usable binary for ${platformName()}: ${first} does not load: `,
    )
    expect(status.reason).toContain(`; ${second} does not load: `)
  })

  it('says of a package of that name by somebody else that it is none of ours', () => {
    const path = installPlatformPackage('foreign')
    const { status } = ask()
    expect(status).toMatchObject({
      reason: expect.stringContaining(`${path} does not load: it is no addon of Sluice`),
    })
  })

  it('says that the file SLUICE_ADDON names does not exist', () => {
    const { status } = ask({ SLUICE_ADDON: '/no/such/sluice.node' })
    expect(status).toEqual({
      available: false,
      reason: `no usable binary for ${platformName()}: /no/such/sluice.node does not exist`,
    })
  })
})

describe('a workspace without any binary', () => {
  it('says last how to make one, unless it was told which to take', () => {
    cpSync(join(PACKAGE, 'build.mjs'), join(modules, '@sluice/simd-native/build.mjs'))
    const hint = '; `pnpm build` makes one where there is a C++ compiler'
    expect(ask().status).toMatchObject({
      reason: expect.stringMatching(new RegExp(`does not exist${hint.replace('++', '\\+\\+')}$`)),
    })
    expect(ask({ SLUICE_ADDON: '/no/such/sluice.node' }).status).toMatchObject({
      reason: expect.stringMatching(/sluice\.node does not exist$/),
    })
  })
})

describe.skipIf(!hasAddon || process.platform !== 'linux')('a binary that is cut off', () => {
  const whole = hasAddon ? readFileSync(join(PACKAGE, BUILD)).length : 0

  /** Installs as many bytes of the addon and asks. */
  function askCut(size: number): Answer {
    truncateSync(installLocalBuild('good'), size)
    return ask()
  }

  for (const share of [0.01, 0.05, 0.25, 0.5, 0.75, 0.99]) {
    const size = Math.floor(share * whole)
    it(`is not loaded, at ${100 * share} % of its size`, () => {
      expect(askCut(size).status).toMatchObject({
        available: false,
        reason: expect.stringContaining(`does not load: it is cut off: ${size} of ${whole} bytes`),
      })
    })
  }

  it('is not loaded when nothing but the last byte or almost everything is missing', () => {
    expect(askCut(whole - 1).status).toMatchObject({ available: false })
    expect(askCut(20).status).toMatchObject({ available: false })
    expect(askCut(0).status).toMatchObject({ available: false })
  })

  it('gives way to a local build that is whole', () => {
    const broken = installPlatformPackage('good')
    truncateSync(broken, 20_000)
    const path = installLocalBuild('good')
    const { status, reason } = ask()
    expect(status).toMatchObject({ available: true, path })
    expect(reason).toContain(`${broken} does not load: it is cut off: 20000 of ${whole} bytes`)
  })
})

describe.skipIf(!hasAddon)('an installation with a binary', () => {
  it('loads the platform package before the local build', () => {
    const path = installPlatformPackage('good')
    installLocalBuild('good')
    expect(ask()).toMatchObject({ status: { available: true, path }, reason: best })
  })

  it('loads the local build where there is no platform package', () => {
    const path = installLocalBuild('good')
    expect(ask()).toMatchObject({ status: { available: true, path }, reason: best })
  })

  it('loads the local build where the platform package is broken, and says so', () => {
    const broken = installPlatformPackage('broken')
    const path = installLocalBuild('good')
    const { status, reason } = ask()
    expect(status).toMatchObject({ available: true, path })
    expect(reason).toContain(`${best}; ${broken} does not load: `)
  })

  it('loads the file that SLUICE_ADDON names and no other', () => {
    installPlatformPackage('good')
    installLocalBuild('good')
    const path = install('elsewhere/sluice.node', 'good')
    expect(ask({ SLUICE_ADDON: path })).toMatchObject({ status: { available: true, path } })
    const { status } = ask({ SLUICE_ADDON: install('elsewhere/broken.node', 'broken') })
    expect(status).toMatchObject({ available: false })
  })
})
