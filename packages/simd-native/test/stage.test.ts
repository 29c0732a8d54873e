/**
 * Staging in a copy of the package: binaries that are what they claim, or not. The strange ones are
 * made of nothing but the bytes that tell their kind.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { platformName } from '../src/platform.js'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const ADDON = join(PACKAGE, 'build', `${process.platform}-${process.arch}`, 'sluice.node')
const host = platformName()

let root: string
let copy: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-stage-'))
  copy = join(root, 'packages', 'simd-native')
  for (const part of ['dist', 'package.json', 'scripts']) {
    cpSync(join(PACKAGE, part), join(copy, part), { recursive: true })
  }
  cpSync(join(PACKAGE, '..', '..', 'LICENSE'), join(root, 'LICENSE'))
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

interface Outcome {
  readonly status: number | null
  readonly said: string
}

function stage(...argv: readonly string[]): Outcome {
  const script = join(copy, 'scripts', 'stage.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...argv], {
    encoding: 'utf8',
    // As the package manager says where it was started.
    env: { ...process.env, INIT_CWD: root },
  })
  return { status, said: stdout + stderr }
}

/** Stages bytes as the addon of a platform. */
function stageBytes(platform: string, bytes: Uint8Array): Outcome {
  const path = join(root, 'sluice.node')
  writeFileSync(path, bytes)
  return stage(platform, '--addon', path)
}

const ELF_X64 = 62
const ELF_ARM64 = 183

/** The head of an ELF file, and the names it would have in its tables. */
function elf(machine: number, ...names: readonly string[]): Uint8Array {
  const head = Buffer.alloc(64)
  head.write('\x7fELF', 'latin1')
  head.writeUInt16LE(machine, 18)
  return Buffer.concat([head, Buffer.from(`\0${names.join('\0')}\0`)])
}

function machO(cpuType: number): Uint8Array {
  const head = Buffer.alloc(64)
  head.writeUInt32LE(0xfeedfacf, 0)
  head.writeUInt32LE(cpuType, 4)
  return head
}

function windows(machine: number): Uint8Array {
  const head = Buffer.alloc(128)
  head.write('MZ')
  head.writeUInt32LE(64, 0x3c)
  head.write('PE', 64)
  head.writeUInt16LE(machine, 68)
  return head
}

function readManifest(...path: readonly string[]): Record<string, unknown> {
  return JSON.parse(readFileSync(join(copy, ...path, 'package.json'), 'utf8'))
}

// A platform that this machine is not, so that nothing is tried.
const stranger = process.arch === 'arm64' ? 'x64' : 'arm64'
const strangerElf = stranger === 'x64' ? ELF_X64 : ELF_ARM64

describe('staging', () => {
  it('makes a package that its platform alone installs, of the same version', () => {
    const bytes = elf(strangerElf, 'libc.so.6', 'GLIBC_2.28')
    const { status, said } = stageBytes(`linux-${stranger}-gnu`, bytes)
    expect(said).toContain(`not tried on ${host}`)
    expect(status).toBe(0)
    const manifest = readManifest('npm', `linux-${stranger}-gnu`)
    const { version } = readManifest()
    expect(manifest).toMatchObject({
      name: `@sluice/simd-native-linux-${stranger}-gnu`,
      version,
      os: ['linux'],
      cpu: [stranger],
      libc: ['glibc'],
      main: 'sluice.node',
      files: ['sluice.node'],
    })
    expect(manifest).not.toHaveProperty('scripts')
    const files = readdirSync(join(copy, 'npm', `linux-${stranger}-gnu`))
    expect(files.sort()).toEqual(['LICENSE', 'README.md', 'package.json', 'sluice.node'])
  })

  const accepted: readonly (readonly [string, Uint8Array])[] = [
    [`linux-${stranger}-musl`, elf(strangerElf, 'libc.musl.so.1')],
    ['darwin-arm64', machO(0x0100000c)],
    ['darwin-x64', machO(0x01000007)],
    ['win32-x64', windows(0x8664)],
  ]
  for (const [platform, bytes] of accepted) {
    it.skipIf(platform === host)(`takes a binary of the kind that ${platform} has`, () => {
      expect(stageBytes(platform, bytes).said).toContain('staged')
      const { libc } = readManifest('npm', platform)
      expect(libc).toEqual(platform.endsWith('musl') ? ['musl'] : undefined)
    })
  }

  const refused: readonly (readonly [string, Uint8Array, string])[] = [
    ['linux-x64-gnu', Buffer.from('no binary'), 'it is no linux binary for x64'],
    ['linux-x64-gnu', elf(ELF_ARM64, 'libc.so.6'), 'it is no linux binary for x64'],
    ['linux-x64-musl', elf(ELF_X64, 'libc.so.6'), 'it is linked against glibc'],
    ['linux-arm64-gnu', elf(ELF_ARM64, 'libc.musl.so.1'), 'it is linked against musl'],
    ['linux-x64-gnu', elf(ELF_X64, 'libc.so.6', 'GLIBC_2.29'), 'it needs glibc 2.29'],
    ['linux-x64-gnu', elf(ELF_X64, 'libasan.so.8', 'libc.so.6'), 'it needs libasan'],
    ['darwin-arm64', machO(0x01000007), 'it is no darwin binary for arm64'],
    ['win32-x64', Buffer.from('MZ'), 'it is no win32 binary for x64'],
  ]
  for (const [platform, bytes, reason] of refused) {
    it(`refuses for ${platform} what is not for it: ${reason}`, () => {
      const { status, said } = stageBytes(platform, bytes)
      expect(said).toContain(reason)
      expect(status).toBe(1)
      expect(existsSync(join(copy, 'npm'))).toBe(false)
    })
  }

  it('names the platforms there are when asked for another', () => {
    expect(stage('beos-m68k').said).toContain('beos-m68k is none of linux-x64-gnu, ')
  })

  it('takes a file by its path from where the package manager was started', () => {
    writeFileSync(join(root, 'mac.node'), machO(0x0100000c))
    expect(stage('darwin-arm64', '--addon', 'mac.node').said).toContain('staged')
  })

  it('says which file is not there, with or without a platform', () => {
    const outcome = { status: 1, said: `${join(root, 'no.node')} does not exist\n` }
    expect(stage('darwin-arm64', '--addon', 'no.node')).toEqual(outcome)
    expect(stage('--addon', 'no.node')).toEqual(outcome)
  })

  it('says how to make the build of a platform that was asked for', () => {
    const { status, said } = stage(`linux-${stranger}-musl`)
    expect(said).toMatch(
      new RegExp(`does not exist; build it first: node .*build.mjs --target linux-${stranger}\n$`),
    )
    expect(status).toBe(1)
  })

  it('explains itself', () => {
    const { status, said } = stage('--help')
    expect(said).toMatch(/^usage: stage\.mjs /)
    expect(status).toBe(0)
  })

  it('refuses a binary for elsewhere that is cut off', () => {
    const bytes = Buffer.from(elf(strangerElf, 'libc.so.6'))
    bytes.writeUInt16LE(0x0102, 4) // 64 bits, little-endian
    bytes.writeBigUInt64LE(5000n, 0x28)
    const { status, said } = stageBytes(`linux-${stranger}-gnu`, bytes)
    expect(said).toContain(`it is cut off: ${bytes.length} of 5000 bytes`)
    expect(status).toBe(1)
  })

  it('makes nothing, and succeeds, where there is no build and none was asked for', () => {
    expect(stage()).toEqual({ status: 0, said: expect.stringContaining('there is no build') })
    expect(existsSync(join(copy, 'npm'))).toBe(false)
  })

  it('lists what is staged, and nothing else, as optional dependencies', () => {
    stageBytes('darwin-arm64', machO(0x0100000c))
    stageBytes('win32-x64', windows(0x8664))
    const before = readManifest()
    expect(stage('--list').status).toBe(0)
    const { version } = before
    expect(readManifest()).toEqual({
      ...before,
      optionalDependencies: {
        '@sluice/simd-native-darwin-arm64': version,
        '@sluice/simd-native-win32-x64': version,
      },
    })
  })

  it('lists no package of another version', () => {
    stageBytes('win32-x64', windows(0x8664))
    const manifest = { ...readManifest(), version: '9.9.9' }
    writeFileSync(join(copy, 'package.json'), JSON.stringify(manifest))
    const { status, said } = stage('--list')
    expect(said).toContain('@sluice/simd-native-win32-x64 is not of version 9.9.9')
    expect(status).toBe(1)
    expect(readManifest()).not.toHaveProperty('optionalDependencies')
  })
})

describe.skipIf(!existsSync(ADDON))('staging the build of this machine', () => {
  it('loads it first, and what was staged loads by the name of its package', () => {
    expect(stage(host, '--addon', ADDON).said).toMatch(/, works with \w+/)
    const modules = join(root, 'node_modules', '@sluice', `simd-native-${host}`)
    cpSync(join(copy, 'npm', host), modules, { recursive: true })
    const require = createRequire(join(root, 'index.js'))
    expect(require(`@sluice/simd-native-${host}`)).toHaveProperty('kernels')
  })

  it('refuses one that does not load', () => {
    const bytes = readFileSync(ADDON)
    const { status, said } = stageBytes(host, bytes.fill(0xff, 64, 1024))
    expect(said).toContain('does not work here')
    expect(status).toBe(1)
  })
})
