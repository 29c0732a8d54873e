/** Segment files that are kept for re-use: only their length matters. */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ifThere } from '../../if-there.js'
import { recycledLengthOf } from '../../segment/segment-recycler.js'
import type { ReportWriter } from './report.js'

/**
 * Verifies the files for re-use, some of which may be taken meanwhile.
 *
 * @internal
 */
export async function verifyRecycled(directory: string, report: ReportWriter): Promise<void> {
  const names = await report.attempt(directory, () => ifThere(() => readdir(directory)))
  for (const name of names ?? []) {
    const byteLength = recycledLengthOf(name)
    if (byteLength === undefined) continue
    report.checkGoesOn()
    const file = join(directory, name)
    const found = await report.attempt(file, () => ifThere(() => stat(file)))
    if (found === undefined) continue
    const { size } = found
    report.countFiles()
    if (size === byteLength) continue
    const offset = Math.min(size, byteLength)
    report.damaged(file, `it has ${size} bytes, not ${byteLength}`, { offset })
  }
}
