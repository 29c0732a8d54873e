/**
 * The column file of one segment against the checkpoints that need it: it is there, as long as they
 * say and, in a deep verification, its frames are whole and name every row once.
 */

import { stat } from 'node:fs/promises'
import { CorruptionError, hasCode } from '../../errors.js'
import type { ColumnFiles } from '../../segment/column-files.js'
import { type ColumnFrame, columnFrameBytes } from '../../segment/column-frame.js'
import { guardFile } from '../../segment/guard-file.js'
import type { ReportWriter } from './report.js'

/**
 * What a checkpoint needs of a column file.
 *
 * @internal
 */
export interface StatedColumns {
  /** The checkpoint that says so. */
  readonly file: string
  /** Rows of the segment that have their columns in the first `columnBytes` bytes. */
  readonly rowCount: number
  readonly columnBytes: number
}

/**
 * A column file that must be there.
 *
 * @internal
 */
export interface ColumnsToVerify {
  readonly files: ColumnFiles
  readonly segmentIndex: number
  /** The number of the segment's first row. */
  readonly rowBase: number
  /** At least one. */
  readonly stated: readonly StatedColumns[]
}

/**
 * Verifies a column file.
 *
 * @internal
 */
export async function verifyColumns(columns: ColumnsToVerify, report: ReportWriter): Promise<void> {
  const { files, segmentIndex, stated } = columns
  const file = files.fileOf(segmentIndex)
  const needed = stated.reduce((most, { columnBytes }) => Math.max(most, columnBytes), 0)
  report.countFiles()
  await report.attempt(file, async () => {
    const size = await lengthOf(file)
    if (size === undefined) return report.damaged(file, 'the file is missing')
    if (size < needed) {
      return report.damaged(file, `it has ${size} bytes, not ${needed}`, { offset: size })
    }
    if (!report.deep) return
    await verifyFrames(columns, needed, report)
    report.countBytes(needed)
  })
}

async function lengthOf(file: string): Promise<number | undefined> {
  try {
    return await guardFile('look at', file, async () => (await stat(file)).size)
  } catch (error) {
    if (error instanceof Error && hasCode(error.cause, 'ENOENT')) return undefined
    throw error
  }
}

async function verifyFrames(
  { files, segmentIndex, rowBase, stated }: ColumnsToVerify,
  needed: number,
  report: ReportWriter,
): Promise<void> {
  const rows = new RowProgress(files.fileOf(segmentIndex), rowBase)
  const waiting = new Set(stated)
  const meet = (): void => {
    for (const each of waiting) {
      if (each.columnBytes !== rows.offset) continue
      rows.checkEnd(rowBase + each.rowCount)
      waiting.delete(each)
    }
  }
  meet()
  for await (const frame of files.read(segmentIndex, needed)) {
    report.checkGoesOn()
    rows.add(frame)
    meet()
  }
  for (const { file, columnBytes } of waiting) {
    report.damaged(file, `no frame of ${files.fileOf(segmentIndex)} ends at byte ${columnBytes}`)
  }
}

/** Which rows have their ids in the frames so far. */
class RowProgress {
  /** Where the next frame starts. */
  offset = 0
  readonly #file: string
  readonly #rowBase: number
  #idsEnd: number

  constructor(file: string, rowBase: number) {
    this.#file = file
    this.#rowBase = rowBase
    this.#idsEnd = rowBase
  }

  add({ kind, rowBase, rowCount, body }: ColumnFrame): void {
    if (kind !== 'metadata') {
      if (rowBase !== this.#idsEnd) throw this.#damaged(`ids of row ${this.#idsEnd} are missing`)
      this.#idsEnd = rowBase + rowCount
    } else if (rowBase < this.#rowBase) {
      throw this.#damaged(`metadata of row ${rowBase} belong to another segment`)
    }
    this.offset += columnFrameBytes(body.byteLength)
  }

  checkEnd(rowEnd: number): void {
    if (this.#idsEnd === rowEnd) return
    throw this.#damaged(`ids end with row ${this.#idsEnd - 1}, not with row ${rowEnd - 1}`)
  }

  #damaged(problem: string): CorruptionError {
    const details = { file: this.#file, offset: this.offset }
    return new CorruptionError('SLUICE_CORRUPT', `${this.#file}: ${problem}`, { details })
  }
}
