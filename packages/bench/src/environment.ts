/** The machine and the code a report speaks of. */

import { execFile } from 'node:child_process'
import { readFile, realpath } from 'node:fs/promises'
import { cpus, release, totalmem, type } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/**
 * Where a benchmark ran.
 *
 * @internal
 */
export interface Environment {
  readonly cpu: string
  /** Instruction set of the kernels that ran; all of them where each ran alone. */
  readonly isa: string
  readonly cores: number
  readonly memoryBytes: number
  readonly node: string
  readonly kernel: string
  /** Of the folder written to; `unknown` where the system does not say. */
  readonly filesystem: string
}

/**
 * Describes this machine.
 *
 * @param directory - an existing folder on the file system written to
 * @param isa - instruction set of the kernels that ran
 * @internal
 */
export async function describeEnvironment(directory: string, isa: string): Promise<Environment> {
  const cores = cpus()
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    isa,
    cores: cores.length,
    memoryBytes: totalmem(),
    node: process.version,
    kernel: `${type()} ${release()}`,
    filesystem: await filesystemOf(directory),
  }
}

/**
 * The commit of the code that ran, with `-dirty` when files differ from it; undefined outside of a
 * git repository.
 *
 * @internal
 */
export async function describeCommit(): Promise<string | undefined> {
  const cwd = dirname(fileURLToPath(import.meta.url))
  try {
    const options = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*']
    const { stdout } = await promisify(execFile)('git', options, { cwd })
    return stdout.trim()
  } catch {
    // An installed package has no repository, and a report without a commit is still one.
    return undefined
  }
}

/** The type of the mount that holds a folder: the last one with the longest matching path. */
async function filesystemOf(directory: string): Promise<string> {
  if (process.platform !== 'linux') return 'unknown'
  const path = await realpath(directory)
  const mounts = await readFile('/proc/self/mounts', 'utf8')
  let best = { point: '', name: 'unknown' }
  for (const line of mounts.split('\n')) {
    const [, point = '', name = ''] = line.split(' ')
    const holds = point === '/' || path === point || path.startsWith(`${point}/`)
    if (point !== '' && holds && point.length >= best.point.length) best = { point, name }
  }
  return best.name
}
