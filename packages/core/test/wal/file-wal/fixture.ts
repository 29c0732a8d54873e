/** File logs to damage: how to make one, and how to open it afterwards. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { walContext } from '../../../src/conformance/wal-context.js'
import { collect } from '../../../src/conformance/wal-records.js'
import type { WalBackend, WalOpenContext, WalRecord } from '../../../src/contract/index.js'
import { type FileWalOptions, fileWal } from '../../../src/wal/file-wal/file-wal.js'
import type { SluiceWarning } from '../../../src/warning.js'

/** A warning that was given. */
export type Warning = SluiceWarning

/** How to open. */
export interface OpenOptions extends FileWalOptions {
  readonly readOnly?: boolean
  /** Takes warnings; without it, one fails the test. */
  readonly warnings?: Warning[]
}

/** Opens the log in a directory. */
export function openLog(directory: string, options: OpenOptions = {}): Promise<WalBackend> {
  const { readOnly = false, warnings, ...walOptions } = options
  const warn: WalOpenContext['warn'] = (warning) => warnings?.push(warning)
  return fileWal(walOptions).open(walContext(directory, { readOnly, ...(warnings && { warn }) }))
}

/** Opens a log, appends to it, closes it. */
export async function write(
  directory: string,
  records: readonly WalRecord[],
  options: OpenOptions = {},
): Promise<void> {
  const log = await openLog(directory, options)
  for (const record of records) await log.append([record], { durability: 'disk' })
  await log.close()
}

/** All records of the log in a directory. */
export async function read(directory: string, options: OpenOptions = {}): Promise<WalRecord[]> {
  const log = await openLog(directory, options)
  try {
    return await collect(log)
  } finally {
    await log.close()
  }
}

/** Paths of the log files, oldest first. */
export async function logFiles(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.log'))
  return names.sort().map((name) => join(directory, name))
}
