/** Logs on LMDB in directories of their own. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WalFactory, WalOpenContext } from '@sluice/core'
import type { WalSubject } from '@sluice/core/conformance'
import { crc32c } from '../../core/src/kernels/scalar/crc32c.js'

/** What opens a log in `directory`; a warning fails the test unless it is expected. */
export function contextOf(directory: string, more: Partial<WalOpenContext> = {}): WalOpenContext {
  const warn = (message: string): void => {
    throw new Error(`unexpected warning: ${message}`)
  }
  return { directory, readOnly: false, crc32c, warn, ...more }
}

/** A new directory; the caller removes it. */
export function newDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sluice-lmdb-'))
}

/** A log for one test of the suite. */
export async function subject(factory: WalFactory): Promise<WalSubject> {
  const directory = await newDirectory()
  return {
    open: () => factory.open(contextOf(directory)),
    destroy: () => rm(directory, { recursive: true }),
  }
}
