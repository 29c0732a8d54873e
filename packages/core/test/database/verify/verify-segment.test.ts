/** A segment file against several checksums of its rows, and reads that the system refuses. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReportWriter, type VerifyReport } from '../../../src/database/verify/report.js'
import { type StatedRows, verifySegment } from '../../../src/database/verify/verify-segment.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { DirectIo } from '../../../src/segment/direct-io.js'
import { encodeSegmentHeader } from '../../../src/segment/segment-header.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const PAGE_BYTES = 4096
const STRIDE = 100
const ROWS_PER_SEGMENT = 640
const SEGMENT_BYTES = 17 * PAGE_BYTES
const HEADER = {
  databaseId: new Uint8Array(16).fill(7),
  collectionId: 1,
  segmentIndex: 0,
  dtype: 'uint8',
  dimension: STRIDE,
  stride: STRIDE,
  rowsPerSegment: ROWS_PER_SEGMENT,
  segmentBytes: SEGMENT_BYTES,
} as const

const image = new Uint8Array(SEGMENT_BYTES).map((_, i) => i * 31 + (i >>> 8))
encodeSegmentHeader(image, HEADER, crc32c)
const rowBytes = image.subarray(PAGE_BYTES)

/** The checksum of the first rows, right or wrong. */
function stated(rowCount: number, file?: string, isWrong = false): StatedRows {
  const crc = crc32c(rowBytes.subarray(0, rowCount * STRIDE))
  return { rowCount, crc: isWrong ? crc ^ 1 : crc, file }
}

async function reportOf(
  content: Uint8Array,
  rows: readonly StatedRows[],
  options: { readonly buffer?: Uint8Array; readonly hasMemory?: boolean } = {},
): Promise<VerifyReport & { readonly file: string }> {
  const { buffer = new Uint8Array(2 * PAGE_BYTES), hasMemory = true } = options
  const file = join(await temporaryDirectory(), '00000000.seg')
  await writeFile(file, content)
  const closing = new AbortController().signal
  const report = new ReportWriter({ deep: true, signal: undefined, closing })
  const memory = hasMemory ? rowBytes : undefined
  const segment = { file, header: HEADER, stated: rows, readMemory: read(memory) }
  const io = new DirectIo({ directIo: true, warn: () => undefined })
  await verifySegment(segment, { report, io, buffer, crc32c })
  return { ...report.finish([]), file }
}

function read(memory: Uint8Array | undefined) {
  return <T>(use: (rows: Uint8Array | undefined) => Promise<T>): Promise<T> => use(memory)
}

describe('the rows of a segment', () => {
  it('are right when all who know them say so, wherever their rows end', async () => {
    const counts = fc.array(fc.integer({ min: 1, max: ROWS_PER_SEGMENT }), { minLength: 1 })
    const property = fc.asyncProperty(counts, async (rowCounts) => {
      const { problems } = await reportOf(
        image,
        rowCounts.map((count) => stated(count)),
      )
      expect(problems).toEqual([])
    })
    await fc.assert(property, { numRuns: 30 })
  })

  it('are read where memory that does not start on a page is refused', async () => {
    const buffer = new Uint8Array(2 * PAGE_BYTES + 1).subarray(1)
    const { problems, byteLength } = await reportOf(image, [stated(640)], { buffer })
    expect({ problems, byteLength }).toEqual({ problems: [], byteLength: 640 * STRIDE + 4096 })
  })

  it('are right and a checkpoint wrong when memory says so', async () => {
    const { problems } = await reportOf(image, [
      stated(640),
      stated(300, 'one.checkpoint', true),
      stated(200, 'other.checkpoint'),
    ])
    expect(problems).toMatchObject([{ file: 'one.checkpoint', code: 'SLUICE_CORRUPT' }])
  })

  it('are wrong when memory says so, and it tells where', async () => {
    const damaged = image.slice()
    damaged[PAGE_BYTES + 350 * STRIDE] = 255 - (damaged[PAGE_BYTES + 350 * STRIDE] ?? 0)
    const rows = [stated(640), stated(300, 'one.checkpoint'), stated(400, 'other.checkpoint')]
    const { problems, file } = await reportOf(damaged, rows)
    expect(problems).toMatchObject([{ file, offset: PAGE_BYTES + 350 * STRIDE }])
  })

  it('are wrong when only a checkpoint knows them, and nobody knows where', async () => {
    const damaged = image.slice().fill(0, 2 * PAGE_BYTES, 3 * PAGE_BYTES)
    const rows = [stated(640, 'one.checkpoint')]
    const { problems, file } = await reportOf(damaged, rows, { hasMemory: false })
    expect(problems).toMatchObject([{ file, offset: PAGE_BYTES }])
  })

  it('belong to the segment that the header names', async () => {
    const foreign = image.slice()
    encodeSegmentHeader(foreign, { ...HEADER, collectionId: 2 }, crc32c)
    foreign.set(rowBytes, PAGE_BYTES)
    const { problems, file } = await reportOf(foreign, [stated(640)])
    expect(problems).toMatchObject([{ file, offset: 12 }])
  })
})
