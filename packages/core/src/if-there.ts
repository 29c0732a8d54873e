/** For files and directories that may be missing: their absence is an answer, not an error. */

import { hasCode } from './errors.js'

/**
 * What a task gives; undefined when the file or directory that it is about is not there.
 *
 * @throws what the task throws, but for ENOENT
 * @internal
 */
export async function ifThere<T>(task: () => Promise<T>): Promise<T | undefined> {
  try {
    return await task()
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
