/** A file system of a test's own, to be full or read-only. Needs Linux and the right to mount. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, onTestFinished } from 'vitest'

/** A mounted file system. */
export interface SmallDisk {
  readonly path: string
  /** Changes mount options, such as `size=64m` or `ro`. */
  remount(options: string): void
}

/** `it` for tests that mount; it says so beside the name of a test that cannot run here. */
export const itWithDisk: typeof it = canMount() ? it : (it.runIf(false) as typeof it)

/** Appended to the names of tests that may be left out. */
export const DISK_NEEDED = canMount() ? '' : ' (left out: mounting a tmpfs is not allowed here)'

/** Mounts a tmpfs until the test ends. */
export function mountSmallDisk(size: string): SmallDisk {
  const path = mount(size)
  onTestFinished(() => unmount(path))
  return {
    path,
    remount: (options) => {
      execFileSync('mount', ['-o', `remount,${options}`, path], { stdio: 'pipe' })
    },
  }
}

function canMount(): boolean {
  try {
    unmount(mount('1m'))
    return true
  } catch {
    return false
  }
}

function mount(size: string): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' })
    return path
  } catch (error) {
    rmdirSync(path)
    throw error
  }
}

function unmount(path: string): void {
  execFileSync('umount', ['--lazy', path], { stdio: 'pipe' })
  rmdirSync(path)
}
