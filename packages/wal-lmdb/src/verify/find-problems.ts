/**
 * Reads a log and says everything that is wrong with it: the structure of its file first, then each
 * record. The log may be open for writing in another process: then it is read as it is at one
 * moment, whose pages LMDB leaves alone until the reading has ended.
 */

import { existsSync } from 'node:fs'
import { CorruptionError, type WalOpenContext, type WalProblem } from '@sluice/core'
import { dataFile, openEnvironment } from '../environment.js'
import { checkFile, lastTransaction } from '../file-check/check-file.js'
import { readLogRange } from '../log-range.js'
import { type RecordSource, readBatch } from '../read-records.js'

/** A log with more has no use for a longer list. */
const PROBLEMS_MAX = 100

/**
 * Finds what is wrong with a log.
 *
 * @param directory - where it is; one without a log has no problems
 * @returns at most 100 problems
 * @throws what the file system has to say
 * @internal
 */
export async function findProblems(
  directory: string,
  mapBytes: number,
  crc32c: WalOpenContext['crc32c'],
): Promise<readonly WalProblem[]> {
  const file = dataFile(directory)
  if (!existsSync(file)) return []
  return problemsOf(file, async (problems) => {
    const before = await lastTransaction(file)
    const first = await structureProblems(file)
    // Without a writer, that is the verdict. Pages of a log that is written change meanwhile.
    const isWritten = first.length > 0 && (await lastTransaction(file)) !== before
    if (!isWritten) problems.push(...first)
    if (problems.length > 0) return
    const database = openEnvironment(directory, { mapBytes, readOnly: true })
    try {
      const transaction = database.useReadTransaction()
      if (isWritten) problems.push(...(await structureProblems(file)))
      const source = { database, file, crc32c, transaction }
      if (problems.length === 0) await checkRecords(source, problems)
      transaction.done()
    } finally {
      await database.close()
    }
  })
}

function structureProblems(file: string): Promise<readonly WalProblem[]> {
  return problemsOf(file, () => checkFile(file))
}

async function checkRecords(source: RecordSource, problems: WalProblem[]): Promise<void> {
  const { firstLsn, lastLsn } = readLogRange(source)
  for (let lsn = firstLsn; lsn <= lastLsn && problems.length < PROBLEMS_MAX; ) {
    try {
      lsn += BigInt(readBatch(source, lsn, lastLsn).length)
    } catch (error) {
      const problem = problemFrom(error, source.file)
      problems.push(problem)
      lsn = (problem.lsn ?? lsn) + 1n
    }
  }
}

/** What a check noted, and the damage that ended it. */
async function problemsOf(
  file: string,
  check: (problems: WalProblem[]) => Promise<void>,
): Promise<readonly WalProblem[]> {
  const problems: WalProblem[] = []
  try {
    await check(problems)
  } catch (error) {
    problems.push(problemFrom(error, file))
  }
  return problems
}

/** Damage as a problem; anything else is thrown on. */
function problemFrom(error: unknown, file: string): WalProblem {
  const isLmdb = error instanceof Error && error.message.startsWith('MDB_')
  if (isLmdb) return { file, problem: error.message }
  if (!(error instanceof CorruptionError)) throw error
  const { lsn, offset } = error.details
  return {
    file,
    ...(typeof lsn === 'bigint' ? { lsn } : {}),
    ...(typeof offset === 'number' ? { offset } : {}),
    problem: error.message,
  }
}
