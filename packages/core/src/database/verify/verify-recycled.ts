/** Segment files that are kept for re-use: only their length matters. */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../../errors.js'
import { recycledLengthOf } from '../../segment/segment-recycler.js'
import type { ReportWriter } from './report.js'

/**
 * Verifies the files for re-use, some of which may be taken meanwhile.
 *
 * @internal
 */
export async function verifyRecycled(directory: string, report: ReportWriter): Promise<void> {
  const names = await report.attempt(directory, () => namesIn(directory))
  for (const name of names ?? []) {
    const byteLength = recycledLengthOf(name)
    if (byteLength === undefined) continue
    report.checkGoesOn()
    const file = join(directory, name)
    const size = await report.attempt(file, () => lengthOf(file))
    if (size === undefined) continue
    report.countFiles()
    if (size === byteLength) continue
    const offset = Math.min(size, byteLength)
    report.damaged(file, `it has ${size} bytes, not ${byteLength}`, { offset })
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  }
}

async function lengthOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
