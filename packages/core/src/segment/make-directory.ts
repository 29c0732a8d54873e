/** Directories that must be found again after power loss. */

import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasCode } from '../errors.js'

/**
 * Makes a directory, and those around it where they are missing. Not by `recursive`, which turns
 * what the system says (EROFS) into ENOENT.
 *
 * @returns the directories that have to be synced before the new ones are sure to be there: the
 * entry of each lies in its parent
 * @internal
 */
export async function makeDirectory(directory: string): Promise<string[]> {
  const parent = dirname(directory)
  try {
    await mkdir(directory)
    return [parent]
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return []
    if (!hasCode(error, 'ENOENT') || parent === directory) throw error
  }
  const changed = await makeDirectory(parent)
  return [...changed, ...(await makeDirectory(directory))]
}
