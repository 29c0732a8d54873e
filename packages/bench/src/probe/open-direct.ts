/** Files past the page cache. */

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/**
 * A file and how it was opened.
 *
 * @internal
 */
export interface DirectFile {
  readonly file: FileHandle
  /** Whether it is read and written past the page cache. */
  readonly direct: boolean
}

/**
 * Opens a file past the page cache, or buffered where that is refused.
 *
 * @param path - the file
 * @param flags - of `open`, without O_DIRECT
 * @internal
 */
export async function openDirect(path: string, flags: number): Promise<DirectFile> {
  const { O_DIRECT } = constants as { readonly O_DIRECT?: number }
  if (O_DIRECT !== undefined) {
    try {
      return { file: await open(path, flags | O_DIRECT), direct: true }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error
    }
  }
  return { file: await open(path, flags), direct: false }
}
