/**
 * Compiles the addon of `hnswlib-node`. Installing that package would, but a workspace that must
 * install without a compiler does not let it. Downloads nothing; flags as by node-gyp, and those of
 * `CXXFLAGS` after them.
 */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const FOLDER = fileURLToPath(new URL('../../build/', import.meta.url))
const FLAGS = ['-std=gnu++17', '-O3', '-fPIC', '-pthread', '-fno-omit-frame-pointer']
const DEFINES = ['-DNAPI_DISABLE_CPP_EXCEPTIONS']
const LINK_FLAGS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['-shared'],
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
}

/**
 * Compiles it unless that was done before with the same flags.
 *
 * @returns the path of the addon
 * @throws Error where the package, its headers or a compiler is missing
 * @internal
 */
export async function buildHnswlib(): Promise<string> {
  const require = createRequire(import.meta.url)
  const folder = dirname(require.resolve('hnswlib-node/package.json'))
  const { include_dir: headers } = require('node-api-headers') as { include_dir: string }
  const wrappers = createRequire(join(folder, 'package.json')).resolve('node-addon-api/napi.h')
  const { CXX: compiler = 'c++', CXXFLAGS = '' } = process.env
  const linkFlags = LINK_FLAGS[process.platform]
  if (linkFlags === undefined) throw new Error(`it is not compiled here for ${process.platform}`)
  const flags = [...FLAGS, ...CXXFLAGS.split(' ').filter((flag) => flag !== '')]
  const inputs = [folder, headers, compiler, process.arch, ...flags]
  const key = createHash('sha256').update(inputs.join('\n')).digest('hex').slice(0, 16)
  const addon = join(FOLDER, `hnswlib-${key}.node`)
  if (await isThere(addon)) return addon
  await mkdir(FOLDER, { recursive: true })
  const made = `${addon}.${process.pid}`
  const includes = ['-I', headers, '-I', dirname(wrappers)]
  const source = join(folder, 'src', 'addon.cc')
  const args = [...flags, ...DEFINES, ...includes, ...linkFlags, '-o', made, source]
  await compile(compiler, args)
  await rename(made, addon)
  return addon
}

async function compile(compiler: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(compiler, args)
  } catch (cause) {
    const { code } = cause as { readonly code?: string | number }
    throw new Error(`'${compiler}' does not compile it (${code ?? 'killed'})`, { cause })
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
