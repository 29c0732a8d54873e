/** Column files whose frames are whole, and still not what checkpoints say. */

import { describe, expect, it } from 'vitest'
import { ReportWriter } from '../../../src/database/verify/report.js'
import { type StatedColumns, verifyColumns } from '../../../src/database/verify/verify-columns.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { ColumnFiles } from '../../../src/segment/column-files.js'
import type { ColumnFrame } from '../../../src/segment/column-frame.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const ROW_BASE = 64
const FRAME_BYTES = 40 + 8 * 10

/** u64 ids of 10 rows. */
function ids(rowBase: number): ColumnFrame {
  return { kind: 'u64 ids', rowBase, rowCount: 10, body: new Uint8Array(80) }
}

/** Metadata of 10 rows that have none. */
function metadata(rowBase: number): ColumnFrame {
  return { kind: 'metadata', rowBase, rowCount: 10, body: new Uint8Array(40) }
}

/** Problems of a file with these frames. */
async function problemsOf(
  frames: readonly ColumnFrame[],
  stated: readonly Omit<StatedColumns, 'file'>[],
): Promise<readonly { file: string; problem: string }[]> {
  const directory = await temporaryDirectory()
  const owner = { directory, databaseId: new Uint8Array(16), collectionId: 1, readOnly: false }
  const files = new ColumnFiles({ ...owner, crc32c })
  await files.append(2, 0, frames)
  const closing = new AbortController().signal
  const report = new ReportWriter({ deep: true, signal: undefined, closing })
  const named = stated.map((each, i) => ({ ...each, file: `checkpoint ${i}` }))
  await verifyColumns({ files, segmentIndex: 2, rowBase: ROW_BASE, stated: named }, report)
  return report
    .finish([])
    .problems.map(({ file, problem }) => ({ file: file.replace(directory, ''), problem }))
}

const FILE = '/columns/00000002.col'

describe('columns', () => {
  it('that name every row once are whole, for each checkpoint', async () => {
    const frames = [ids(64), metadata(64), ids(74), ids(84)]
    const stated = [
      { rowCount: 30, columnBytes: 3 * FRAME_BYTES + 80 },
      { rowCount: 10, columnBytes: FRAME_BYTES + 80 },
      { rowCount: 10, columnBytes: FRAME_BYTES },
    ]
    expect(await problemsOf(frames, stated)).toEqual([])
  })

  it('that leave rows out are not', async () => {
    const stated = [{ rowCount: 30, columnBytes: 2 * FRAME_BYTES }]
    expect(await problemsOf([ids(64), ids(84)], stated)).toEqual([
      { file: FILE, problem: expect.stringContaining('ids of row 74 are missing') },
    ])
  })

  it('that end too early or too late are not', async () => {
    for (const rowCount of [10, 21]) {
      const stated = [{ rowCount, columnBytes: 2 * FRAME_BYTES }]
      expect(await problemsOf([ids(64), ids(74)], stated)).toEqual([
        { file: FILE, problem: expect.stringContaining('ids end with row 83') },
      ])
    }
  })

  it('that a checkpoint does not count at all are missing', async () => {
    expect(await problemsOf([ids(64)], [{ rowCount: 10, columnBytes: 0 }])).toEqual([
      { file: FILE, problem: expect.stringContaining('ids end with row 63, not with row 73') },
    ])
  })

  it('that begin with rows of another segment are not', async () => {
    const stated = [{ rowCount: 10, columnBytes: FRAME_BYTES + 80 }]
    expect(await problemsOf([metadata(54), ids(64)], stated)).toEqual([
      { file: FILE, problem: expect.stringContaining('metadata of row 54') },
    ])
  })

  it('within whose frames a checkpoint ends are the fault of the checkpoint', async () => {
    const stated = [
      { rowCount: 20, columnBytes: 2 * FRAME_BYTES },
      { rowCount: 10, columnBytes: FRAME_BYTES + 8 },
    ]
    expect(await problemsOf([ids(64), ids(74)], stated)).toEqual([
      { file: 'checkpoint 1', problem: expect.stringContaining('no frame of') },
    ])
  })
})
