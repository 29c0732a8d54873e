/**
 * Creating a log, whole or not at all: LMDB writes its first pages into a file that is there
 * already, so a crash would leave one that is empty or worse, like a file that lost all it had.
 * The new file is made aside, with its start mark, and moved to its place once it is on disk.
 */

import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { WalOpenContext } from '@sluice/core'
import { dataFile, openEnvironment } from './environment.js'
import { MARK_KEY } from './keys.js'
import { encodeStartMark } from './start-mark.js'

/**
 * Creates an empty log that starts at 1.
 *
 * @param directory - its own; holds no log yet
 * @param mapBytes - as for opening
 * @param crc32c - for the start mark
 * @internal
 */
export async function createLog(
  directory: string,
  mapBytes: number,
  crc32c: WalOpenContext['crc32c'],
): Promise<void> {
  const aside = join(directory, 'new')
  // What a crash may have left.
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside)
  const database = openEnvironment(aside, { mapBytes, readOnly: false })
  try {
    await database.put(MARK_KEY, encodeStartMark(1n, crc32c))
  } finally {
    await database.close()
  }
  await rename(dataFile(aside), dataFile(directory))
  await rm(aside, { recursive: true })
  await syncDirectory(directory)
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; its journal keeps names in order.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
