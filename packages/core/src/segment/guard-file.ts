/** Errors of the system that name the file they are about. */

import { storageErrorFrom } from '../errors.js'

/**
 * Runs a task on a file or directory.
 *
 * @param verb - what the task does to it, as in "read"
 * @param file - its path
 * @throws StorageError with `file`; errors of Sluice as they are
 * @internal
 */
export async function guardFile<T>(verb: string, file: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw storageErrorFrom(error, `${verb} ${file}`, { file })
  }
}
