/** Files that the user names: one that cannot be read is a matter of usage. */

import { readFile } from 'node:fs/promises'
import { UsageError } from '../usage-error.js'

/**
 * Reads all of a file.
 *
 * @throws UsageError where it cannot be read
 * @internal
 */
export async function readGivenFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`'${path}' cannot be read: ${reason}`, { cause: error })
  }
}
