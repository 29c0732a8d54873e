/** A directory of a test's own, gone afterwards. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Makes a directory that is removed when the running test ends. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
