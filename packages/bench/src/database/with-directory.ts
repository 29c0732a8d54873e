/** Temporary folders. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Runs a task in a new folder, and removes that folder however the task ends.
 *
 * @param parent - where to make it; made as well if need be, and kept
 * @param task - takes the path of the folder
 * @internal
 */
export async function withDirectory<T>(
  parent: string,
  task: (directory: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true })
  const directory = await mkdtemp(join(parent, 'bench-'))
  try {
    return await task(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
