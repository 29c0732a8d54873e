/** A file system of a test's own that can be full or read-only. Needs root and Linux. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'

/** A mounted file system. */
export interface SmallDisk {
  readonly path: string
  /** Changes mount options, such as `size=64m` or `ro`. */
  remount(options: string): void
}

/** Mounts a tmpfs until the test ends; skips the test where that is not allowed. */
export function mountSmallDisk(context: TestContext, size: string): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' })
  } catch (error) {
    rmdirSync(path)
    context.skip(`a tmpfs cannot be mounted here: ${String(error)}`)
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', path], { stdio: 'pipe' })
    rmdirSync(path)
  })
  return {
    path,
    remount: (options) => {
      execFileSync('mount', ['-o', `remount,${options}`, path], { stdio: 'pipe' })
    },
  }
}
