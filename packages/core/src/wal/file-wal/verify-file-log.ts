/**
 * Checks the files of a log without opening it: start mark, headers, every record, and that file
 * follows file. The log may be written to meanwhile: what is torn at the very end is left alone,
 * for it may be on its way, and the open log is the one to read that far.
 */

import type { WalProblem } from '../../contract/wal-backend.js'
import { CorruptionError, type SluiceError, storageErrorFrom } from '../../errors.js'
import { findFiles, gap, type LogDirectory, type NamedFile } from './recover.js'
import { type FileScan, scanFile } from './scan-file.js'

/**
 * Finds what is wrong with a log.
 *
 * @returns at most one problem a file, and one a gap between two
 * @throws StorageError
 * @internal
 */
export async function verifyFileLog(log: LogDirectory): Promise<readonly WalProblem[]> {
  for (;;) {
    const problems: WalProblem[] = []
    const { directory } = log
    const firstLsn = await attempt(directory, problems, () => verifyFiles(log, problems))
    const find = async (): Promise<bigint> => (await findFiles(log)).firstLsn
    const firstLsnAfter = await attempt(directory, [], find)
    // Else the log was cut meanwhile, which takes files away.
    if (firstLsn === firstLsnAfter) return problems
  }
}

async function verifyFiles(log: LogDirectory, problems: WalProblem[]): Promise<bigint> {
  const { firstLsn, files } = await findFiles(log)
  let before: FileScan | undefined
  for (const [i, file] of files.entries()) {
    const isLast = i === files.length - 1
    const epoch = before?.epoch ?? 0
    const scan = await attempt(file.path, problems, () => scanFile(log, { ...file, isLast, epoch }))
    if (before && scan) noteGap(problems, file, before)
    before = scan
  }
  if (before && before.lastLsn + 1n < firstLsn) {
    const problem = `The log starts at ${firstLsn} and ends at ${before.lastLsn}`
    problems.push({ file: before.path, offset: before.byteLength, problem })
  }
  return firstLsn
}

function noteGap(problems: WalProblem[], file: NamedFile, before: FileScan): void {
  if (before.lastLsn + 1n !== file.firstLsn) problems.push(problemFrom(gap(file, before)))
}

/** Runs a check; damage that ends it, and a file that has gone, become a problem. */
async function attempt<T>(
  file: string,
  problems: WalProblem[],
  check: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await check()
  } catch (error) {
    const failure = storageErrorFrom(error, `check ${file}`, { file })
    const isGone = failure.details['errno'] === 'ENOENT'
    if (!(failure instanceof CorruptionError) && !isGone) throw failure
    problems.push(problemFrom(failure))
    return undefined
  }
}

function problemFrom({ details, message: problem }: SluiceError): WalProblem {
  const { file, offset, lsn } = details
  return {
    file: String(file),
    ...(typeof offset === 'number' ? { offset } : {}),
    ...(typeof lsn === 'bigint' ? { lsn } : {}),
    problem,
  }
}
