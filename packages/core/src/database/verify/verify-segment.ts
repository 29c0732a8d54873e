/**
 * One segment file against what is known of it: its length, its header page and, in a deep
 * verification, its rows, which are read past the page cache into a buffer that is used again.
 */

import { constants } from 'node:fs'
import { hasCode } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import { type DirectIo, type OpenFile, readFully } from '../../segment/direct-io.js'
import { guardFile } from '../../segment/guard-file.js'
import { checkSegmentHeader, type SegmentHeader } from '../../segment/segment-header.js'
import { pageCeil } from '../../segment/segment-layout.js'
import { type Crc32c, crcInSteps } from '../crc-in-steps.js'
import type { ReportWriter } from './report.js'

const HEADER_BYTES = LIMITS.pageBytes

/**
 * A checksum of the first rows of a segment.
 *
 * @internal
 */
export interface StatedRows {
  readonly rowCount: number
  readonly crc: number
  /** The checkpoint that says so; undefined for memory, which is always right. */
  readonly file: string | undefined
}

/**
 * A segment that must be on disk.
 *
 * @internal
 */
export interface SegmentToVerify {
  readonly file: string
  readonly header: SegmentHeader
  /** At least one. */
  readonly stated: readonly StatedRows[]
  /** Lends the bytes of all rows in memory; undefined when they are not there any more. */
  readMemory<T>(read: (rows: Uint8Array | undefined) => Promise<T>): Promise<T>
}

/**
 * What segments are verified with.
 *
 * @internal
 */
export interface SegmentTools {
  readonly report: ReportWriter
  readonly io: DirectIo
  /** Whole pages, on a page. */
  readonly buffer: Uint8Array
  readonly crc32c: Crc32c
}

/**
 * Verifies a segment.
 *
 * @internal
 */
export async function verifySegment(segment: SegmentToVerify, tools: SegmentTools): Promise<void> {
  const { file } = segment
  const { report } = tools
  report.countFiles()
  await report.attempt(file, async () => {
    const opened = await guardFile('open', file, () => openForCheck(file, tools))
    if (!opened) return report.damaged(file, 'the file is missing')
    try {
      await guardFile('read', file, () => verifyOpen(segment, opened, tools))
    } finally {
      await opened.handle.close()
    }
  })
}

/** Opens a file such that it can be read into the buffer, whose first page is read. */
async function openForCheck(
  file: string,
  { io, buffer }: SegmentTools,
): Promise<OpenFile | undefined> {
  for (;;) {
    let opened: OpenFile | undefined
    try {
      opened = await io.open(file, constants.O_RDONLY)
      await opened.handle.read(buffer, 0, HEADER_BYTES, 0)
      return opened
    } catch (error) {
      await opened?.handle.close()
      if (opened === undefined && hasCode(error, 'ENOENT')) return undefined
      if (opened?.direct !== true || !hasCode(error, 'EINVAL')) throw error
      io.refuse(`reading ${file} failed with EINVAL`)
    }
  }
}

async function verifyOpen(
  segment: SegmentToVerify,
  { handle }: OpenFile,
  tools: SegmentTools,
): Promise<void> {
  const { file, header } = segment
  const { report, buffer, crc32c } = tools
  const { size } = await handle.stat()
  if (size !== header.segmentBytes) {
    const offset = Math.min(size, header.segmentBytes)
    return report.damaged(file, `it has ${size} bytes, not ${header.segmentBytes}`, { offset })
  }
  report.countBytes(HEADER_BYTES)
  const isWritten = checkSegmentHeader(buffer.subarray(0, HEADER_BYTES), header, { file, crc32c })
  if (!isWritten) return report.damaged(file, 'the header page is blank', { offset: 0 })
  if (report.deep) await verifyRows(segment, new RowReader(handle, tools), tools)
}

async function verifyRows(
  segment: SegmentToVerify,
  reader: RowReader,
  { report }: SegmentTools,
): Promise<void> {
  const { file, header, stated } = segment
  const rowCounts = [...new Set(stated.map(({ rowCount }) => rowCount))].sort((a, b) => a - b)
  const crcs = await reader.crcsOf(rowCounts.map((rowCount) => rowCount * header.stride))
  const wrong = stated.filter(({ rowCount, crc }) => crcs[rowCounts.indexOf(rowCount)] !== crc)
  const isStatedWrong = stated.some((each) => each.file === undefined && !wrong.includes(each))
  if (isStatedWrong) {
    for (const { file: by = file, rowCount } of wrong) {
      report.damaged(by, `its checksum of the first ${rowCount} rows of ${file} is wrong`)
    }
    return
  }
  const first = wrong[0]
  if (!first) return
  const most = wrong.reduce((max, { rowCount }) => Math.max(max, rowCount), 0)
  const difference = await segment.readMemory(async (rows) =>
    rows ? reader.firstDifference(rows, most * header.stride) : 0,
  )
  const offset = HEADER_BYTES + (difference ?? 0)
  report.damaged(file, `the checksum of its first ${most} rows does not match`, { offset })
}

/** Reads the rows of a file, front to back. */
class RowReader {
  readonly #handle: OpenFile['handle']
  readonly #tools: SegmentTools

  constructor(handle: OpenFile['handle'], tools: SegmentTools) {
    this.#handle = handle
    this.#tools = tools
  }

  /**
   * The crc32c of the first bytes of the rows.
   *
   * @param ends - ascending numbers of bytes
   */
  async crcsOf(ends: readonly number[]): Promise<readonly number[]> {
    const crcs: number[] = []
    let crc = 0
    await this.#eachPiece(ends.at(-1) ?? 0, async (bytes, position) => {
      let from = 0
      for (let end = ends[crcs.length]; end !== undefined; end = ends[crcs.length]) {
        const to = end - position
        if (to > bytes.byteLength) break
        crc = await crcInSteps(this.#tools.crc32c, bytes.subarray(from, to), crc)
        crcs.push(crc)
        from = to
      }
      crc = await crcInSteps(this.#tools.crc32c, bytes.subarray(from), crc)
      return true
    })
    return crcs
  }

  /** Where the first `byteLength` bytes of rows are not the expected ones. */
  async firstDifference(expected: Uint8Array, byteLength: number): Promise<number | undefined> {
    let found: number | undefined
    await this.#eachPiece(byteLength, async (bytes, position) => {
      const wanted = expected.subarray(position, position + bytes.byteLength)
      if (Buffer.compare(bytes, wanted) === 0) return true
      found = position + bytes.findIndex((byte, i) => byte !== wanted[i])
      return false
    })
    return found
  }

  /** Visits the rows in large pieces, until `visit` has seen enough. */
  async #eachPiece(
    byteLength: number,
    visit: (bytes: Uint8Array, position: number) => Promise<boolean>,
  ): Promise<void> {
    const { buffer, report } = this.#tools
    for (let position = 0; position < byteLength; position += buffer.byteLength) {
      report.checkGoesOn()
      const length = Math.min(buffer.byteLength, byteLength - position)
      const pages = buffer.subarray(0, pageCeil(length))
      const found = await readFully(this.#handle, pages, HEADER_BYTES + position)
      pages.fill(0, found)
      report.countBytes(length)
      if (!(await visit(pages.subarray(0, length), position))) return
    }
  }
}
