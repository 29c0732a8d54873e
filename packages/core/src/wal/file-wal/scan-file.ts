/** Reads one log file from end to end and finds where its records stop, and whether rightly so. */

import { type FileHandle, open } from 'node:fs/promises'
import type { WalOpenContext } from '../../contract/wal-backend.js'
import { CorruptionError } from '../../errors.js'
import { readAt } from '../../whole-io.js'
import type { DecodedHeader } from '../record/header.js'
import { findDurable } from './find-durable.js'
import { FILE_HEADER_BYTES, fileHeaderProblem, type LogFile } from './log-file.js'
import { type FramesEnd, readFrames } from './read-frames.js'

/**
 * Which file to scan.
 *
 * @internal
 */
export interface ScanTarget {
  readonly path: string
  readonly firstLsn: bigint
  /** Whether a torn end is possible: every other file was synced before its successor was used. */
  readonly isLast: boolean
  /** Epoch of the record before; epochs never decrease along the log. */
  readonly epoch: number
}

/**
 * What a file holds.
 *
 * @internal
 */
export interface FileScan extends LogFile {
  readonly fileLength: number
  /** False for a last file whose creation a crash cut short. */
  readonly hasHeader: boolean
  /** Epoch of the last record. */
  readonly epoch: number
}

/**
 * Scans one file.
 *
 * @throws `SLUICE_CORRUPT` with `file`, `offset` and `lsn`; `SLUICE_UNSUPPORTED_FORMAT`
 * @internal
 */
export async function scanFile(context: WalOpenContext, target: ScanTarget): Promise<FileScan> {
  const handle = await open(target.path, 'r')
  try {
    return await scan(handle, context, target)
  } finally {
    await handle.close()
  }
}

async function scan(
  handle: FileHandle,
  { crc32c }: WalOpenContext,
  target: ScanTarget,
): Promise<FileScan> {
  const { path, firstLsn, isLast } = target
  const { size: fileLength } = await handle.stat()
  const empty = { path, firstLsn, lastLsn: firstLsn - 1n, fileLength, epoch: target.epoch }
  const head = await readAt(handle, new Uint8Array(FILE_HEADER_BYTES), 0)
  const problem = fileHeaderProblem(head, firstLsn, crc32c)
  if (problem !== undefined) {
    // The header is synced before the first record is written, so only a bare one may be torn.
    const torn = isLast && fileLength <= FILE_HEADER_BYTES && problem.code === 'SLUICE_CORRUPT'
    if (torn) return { ...empty, byteLength: 0, hasHeader: false }
    throw damaged(path, problem, { offset: 0, lsn: firstLsn })
  }
  const source = { handle, offset: FILE_HEADER_BYTES, end: fileLength, crc32c }
  const frames = readFrames(source)
  let { lastLsn, epoch } = empty
  let next = await frames.next()
  while (next.done !== true) {
    const { header, offset } = next.value
    checkOrder(path, header, { offset, lsn: lastLsn + 1n, epoch })
    lastLsn = header.lsn
    epoch = header.epoch
    next = await frames.next()
  }
  const end = next.value
  if (end.status !== 'end') {
    const durable = isLast
      ? await findDurable({ ...source, offset: end.offset }, lastLsn + 1n)
      : undefined
    if (!isLast || durable !== undefined || end.error?.code === 'SLUICE_UNSUPPORTED_FORMAT') {
      throw notTorn(path, end, { lsn: lastLsn + 1n, durable })
    }
  }
  return { path, firstLsn, lastLsn, byteLength: end.offset, fileLength, hasHeader: true, epoch }
}

interface Expected {
  readonly offset: number
  readonly lsn: bigint
  readonly epoch: number
}

function checkOrder(file: string, header: DecodedHeader, expected: Expected): void {
  const { offset, lsn, epoch } = expected
  if (header.lsn !== lsn) {
    const message = `Record ${header.lsn} stands where record ${lsn} should: ${file}`
    throw new CorruptionError('SLUICE_CORRUPT', message, { details: { file, offset, lsn } })
  }
  if (header.epoch < epoch) {
    const message = `The epoch falls from ${epoch} to ${header.epoch} at record ${lsn}: ${file}`
    throw new CorruptionError('SLUICE_CORRUPT', message, { details: { file, offset, lsn } })
  }
}

function notTorn(
  file: string,
  end: FramesEnd,
  { lsn, durable }: { lsn: bigint; durable: DecodedHeader | undefined },
): CorruptionError {
  const cause = end.error
  if (cause?.code === 'SLUICE_UNSUPPORTED_FORMAT') {
    return damaged(file, cause, { offset: end.offset, lsn })
  }
  const known = durable === undefined ? '' : `; record ${durable.lsn} knew it to be durable`
  const message = `Record ${lsn} is damaged at offset ${end.offset} of ${file}${known}`
  const details = { file, offset: end.offset, lsn }
  return new CorruptionError('SLUICE_CORRUPT', message, { details, cause })
}

function damaged(
  file: string,
  problem: CorruptionError,
  { offset, lsn }: { offset: number; lsn: bigint },
): CorruptionError {
  return new CorruptionError(problem.code, `${problem.message}: ${file}`, {
    details: { ...problem.details, file, offset, lsn },
    cause: problem,
  })
}
