/** Files that a command is asked to write at its end. */

import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { OptionValues } from './options.js'
import { UsageError } from './usage-error.js'

/**
 * Makes sure that a file can be written, before the work that it is to tell of; touches nothing.
 *
 * @param option - its name; whether it was given does not matter
 * @throws UsageError when it cannot
 * @internal
 */
export async function checkOutputFile(values: OptionValues, option: string): Promise<void> {
  const file = values.text(option)
  if (file === undefined) return
  const reason = await reasonAgainst(file)
  if (reason !== undefined) {
    throw new UsageError(`--${option} takes a file that can be written, got '${file}': ${reason}`)
  }
}

async function reasonAgainst(file: string): Promise<string | undefined> {
  if (file === '') return 'it has no name'
  try {
    const found = await stat(file).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    })
    if (found?.isDirectory()) return 'it is a folder'
    await access(found ? file : dirname(file), constants.W_OK)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
