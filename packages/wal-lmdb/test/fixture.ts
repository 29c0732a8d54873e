/** Logs on LMDB in directories of their own. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WalFactory } from '@sluice/core'
import { type WalSubject, walContext } from '@sluice/core/conformance'
import { onTestFinished } from 'vitest'

/** Makes a directory that is removed when the running test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-lmdb-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A log for one test of the suite. */
export async function subject(factory: WalFactory): Promise<WalSubject> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-lmdb-'))
  return {
    open: () => factory.open(walContext(directory)),
    destroy: () => rm(directory, { recursive: true }),
  }
}
