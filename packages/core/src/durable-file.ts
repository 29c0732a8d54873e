/** Small files that must be there as a whole or not at all, also after power loss. */

import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes the names in a directory durable: new, renamed and removed entries.
 *
 * @internal
 */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; its journal keeps names in order.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Replaces a file atomically: write beside it, sync, rename over it, sync the directory.
 *
 * @internal
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  try {
    const handle = await open(temporary, 'w')
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
