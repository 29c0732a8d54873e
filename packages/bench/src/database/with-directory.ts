/** Temporary folders. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { atEarlyEnd } from '../at-early-end.js'

/** Threads of a database that failed may still make files in it. */
const REMOVAL = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const

/**
 * Runs a task in a new folder, and removes that folder however the task or the process ends.
 *
 * @param parent - where to make it; made as well if need be, and kept
 * @param task - takes the path of the folder
 * @internal
 */
export async function withDirectory<T>(
  parent: string,
  task: (directory: string) => Promise<T>,
): Promise<T> {
  let directory: string | undefined
  const remove = (): void => {
    if (directory !== undefined) rmSync(directory, REMOVAL)
  }
  // Signals are listened to before there is a folder, and heard once it has a name.
  const removed = atEarlyEnd(remove)
  try {
    mkdirSync(parent, { recursive: true })
    directory = mkdtempSync(join(parent, 'bench-'))
    return await task(directory)
  } finally {
    remove()
    removed()
  }
}
