/** What says whose a directory is: the format file, and the lock of this process. */

import { join } from 'node:path'
import type { DirectoryLock } from '../directory-lock.js'
import { FORMAT_FILE } from '../directory-names.js'
import { openFormat } from '../format-file.js'
import type { ReportWriter } from './report.js'

/**
 * What the files must say.
 *
 * @internal
 */
export interface Identity {
  /** The directory of the database. */
  readonly path: string
  readonly databaseId: Uint8Array
  /** The name of the WAL backend. */
  readonly walName: string
  /** Undefined when the database was opened read-only. */
  readonly lock: DirectoryLock | undefined
}

/**
 * Verifies format file and lock.
 *
 * @internal
 */
export async function verifyIdentity(identity: Identity, report: ReportWriter): Promise<void> {
  const { path, databaseId, walName, lock } = identity
  const file = join(path, FORMAT_FILE)
  report.countFiles()
  await report.attempt(file, async () => {
    const found = await openFormat(path, walName, true)
    if (Buffer.compare(found.databaseId, databaseId) === 0) return
    report.damaged(file, 'it names another database', { offset: 0 })
  })
  if (!lock) return
  report.countFiles()
  await report.attempt(lock.file, async () => {
    if (!(await lock.isHeld())) report.damaged(lock.file, 'it is not the lock of this process')
  })
}
