/**
 * The lists of a collection on disk, if it has any: they fit the collection and, in a deep
 * verification, are whole. Nobody needs them, so a file that is gone is no problem.
 */

import type { ListFile } from '../list-file/list-file.js'
import type { ListFileFit } from '../list-file/list-file-reader.js'
import type { ReportWriter } from './report.js'

/**
 * Verifies a list file.
 *
 * @internal
 */
export async function verifyLists(
  file: ListFile,
  rows: Pick<ListFileFit, 'rowCount' | 'lastLsn'>,
  report: ReportWriter,
): Promise<void> {
  if (file.byteLength === 0) return
  report.countFiles()
  const onPiece = report.deep ? (): void => report.checkGoesOn() : undefined
  const byteLength = await report.attempt(file.path, () => file.verify(rows, onPiece))
  if (report.deep) report.countBytes(byteLength ?? 0)
}
