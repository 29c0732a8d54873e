/**
 * Opening the files of a log: every record is read once and checked, and what a crash can leave
 * behind is told apart from damage. A crash can leave a torn write at the very end, a last file
 * without a header, files below the start mark. Everything else is damage and is reported.
 */

import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { WalOpenContext } from '../../contract/wal-backend.js'
import { syncDirectory } from '../../durable-file.js'
import { CorruptionError } from '../../errors.js'
import { ifThere } from '../../if-there.js'
import { writeAll } from '../../whole-io.js'
import { readFirstLsn } from './first-lsn.js'
import { encodeFileHeader, firstLsnOf, type LogFile, logFileName } from './log-file.js'
import { type FileScan, scanFile } from './scan-file.js'

/**
 * A directory of log files.
 *
 * @internal
 */
export interface LogDirectory extends WalOpenContext {
  readonly directory: string
}

/**
 * What a log holds.
 *
 * @internal
 */
export interface RecoveredLog {
  /** In order; never empty unless the log is read-only and was never written. */
  readonly files: readonly LogFile[]
  /** Where the log logically starts. */
  readonly firstLsn: bigint
}

/**
 * A log file, as its name tells.
 *
 * @internal
 */
export interface NamedFile {
  readonly path: string
  readonly firstLsn: bigint
}

/**
 * The files of a log.
 *
 * @internal
 */
export interface FoundFiles {
  /** Where the log logically starts. */
  readonly firstLsn: bigint
  /** In order; none for a log that was never written. */
  readonly files: readonly NamedFile[]
  /** Dropped by a truncation that a crash interrupted: all their records lie below the start. */
  readonly stale: readonly NamedFile[]
}

/**
 * Opens a log, and mends what a crash left, unless it is read-only.
 *
 * @throws `SLUICE_CORRUPT` with `file`, `offset` and `lsn`; `SLUICE_UNSUPPORTED_FORMAT`
 * @internal
 */
export async function recoverLog(log: LogDirectory): Promise<RecoveredLog> {
  const { firstLsn, files, stale } = await findFiles(log)
  if (!log.readOnly) await removeFiles(log.directory, stale)
  if (files.length === 0) return startLog(log)
  return { files: await scanFiles(log, files, firstLsn), firstLsn }
}

/**
 * Finds the files of a log by their names.
 *
 * @throws `SLUICE_CORRUPT` when the start mark is damaged, or the file that it tells of missing
 * @internal
 */
export async function findFiles(log: LogDirectory): Promise<FoundFiles> {
  const firstLsn = await readFirstLsn(log.directory, log.crc32c)
  const found = await listFiles(log.directory)
  const first = Math.max(
    0,
    found.findLastIndex((file) => file.firstLsn <= firstLsn),
  )
  const start = found[first]
  const isNew = start === undefined && firstLsn === 1n
  if (!isNew && (start === undefined || start.firstLsn > firstLsn)) {
    const message = `The log should start at ${firstLsn}; the file with that record is missing`
    throw new CorruptionError('SLUICE_CORRUPT', message, {
      details: { file: start?.path ?? log.directory, lsn: firstLsn },
    })
  }
  return { firstLsn, files: found.slice(first), stale: found.slice(0, first) }
}

/**
 * Creates the file that starts with record `firstLsn`, durably.
 *
 * @internal
 */
export async function createLogFile(
  log: LogDirectory,
  path: string,
  lsn: bigint,
): Promise<LogFile> {
  const header = encodeFileHeader(lsn, log.crc32c)
  const handle = await open(path, 'w')
  try {
    await writeAll(handle, [header], 0)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await syncDirectory(log.directory)
  return { path, firstLsn: lsn, lastLsn: lsn - 1n, byteLength: header.length }
}

/** No files where there is no directory: the creation of the database was cut off before it. */
async function listFiles(directory: string): Promise<NamedFile[]> {
  const files: NamedFile[] = []
  for (const name of (await ifThere(() => readdir(directory))) ?? []) {
    const firstLsn = firstLsnOf(name)
    if (firstLsn !== undefined) files.push({ path: join(directory, name), firstLsn })
  }
  return files.sort((a, b) => (a.firstLsn < b.firstLsn ? -1 : 1))
}

async function removeFiles(directory: string, files: readonly NamedFile[]): Promise<void> {
  for (const { path } of files) await rm(path, { force: true })
  if (files.length > 0) await syncDirectory(directory)
}

async function startLog(log: LogDirectory): Promise<RecoveredLog> {
  if (log.readOnly) return { files: [], firstLsn: 1n }
  const path = join(log.directory, logFileName(1n))
  return { files: [await createLogFile(log, path, 1n)], firstLsn: 1n }
}

async function scanFiles(
  log: LogDirectory,
  files: readonly NamedFile[],
  firstLsn: bigint,
): Promise<readonly LogFile[]> {
  const scanned: LogFile[] = []
  let epoch = 0
  for (const [i, file] of files.entries()) {
    const isLast = i === files.length - 1
    const scan = await scanFile(log, { ...file, isLast, epoch })
    const nextLsn = isLast ? undefined : files[i + 1]?.firstLsn
    if (nextLsn !== undefined && nextLsn !== scan.lastLsn + 1n) throw gap(files[i + 1]!, scan)
    scanned.push(isLast ? await mend(log, scan) : logFileOf(scan))
    epoch = scan.epoch
  }
  const last = scanned.at(-1)
  if (last !== undefined && last.lastLsn + 1n < firstLsn) {
    const message = `The log starts at ${firstLsn} and ends at ${last.lastLsn}: records are missing`
    throw new CorruptionError('SLUICE_CORRUPT', message, {
      details: { file: last.path, offset: last.byteLength, lsn: last.lastLsn + 1n },
    })
  }
  return scanned
}

/** Cuts what a crash left at the end of the last file. */
async function mend(log: LogDirectory, scan: FileScan): Promise<LogFile> {
  const { path: file, byteLength: offset, fileLength } = scan
  if (!scan.hasHeader) {
    const message = 'The newest log file has no header yet: a crash came between'
    log.warn({ code: 'SLUICE_WARN_LOG_TORN', message, details: { file } })
    return log.readOnly ? logFileOf(scan) : createLogFile(log, file, scan.firstLsn)
  }
  if (fileLength === offset) return logFileOf(scan)
  const details = { file, offset, lsn: scan.lastLsn + 1n, byteLength: fileLength - offset }
  if (log.readOnly) {
    const message = 'A torn write at the end of the log is left out'
    log.warn({ code: 'SLUICE_WARN_LOG_TORN', message, details })
    return logFileOf(scan)
  }
  const handle = await open(file, 'r+')
  try {
    await handle.truncate(offset)
    await handle.sync()
  } finally {
    await handle.close()
  }
  const message = 'A torn write at the end of the log was cut'
  log.warn({ code: 'SLUICE_WARN_LOG_TORN', message, details })
  return logFileOf(scan)
}

function logFileOf({ path, firstLsn, lastLsn, byteLength }: LogFile): LogFile {
  return { path, firstLsn, lastLsn, byteLength }
}

/**
 * The error for a file that does not go on where the one before ends.
 *
 * @internal
 */
export function gap(next: NamedFile, before: LogFile): CorruptionError {
  const lsn = before.lastLsn + 1n
  const message = `Log file ${next.path} starts at ${next.firstLsn}, but record ${lsn} comes next`
  return new CorruptionError('SLUICE_CORRUPT', message, {
    details: { file: before.path, offset: before.byteLength, lsn },
  })
}
