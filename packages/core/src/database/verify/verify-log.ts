/**
 * The log: by its backend's own means, which see what reading it does not show, and if they find
 * nothing record by record, as the next opening will read it.
 */

import { readdir } from 'node:fs/promises'
import type { WalBackend, WalFactory } from '../../contract/index.js'
import { CorruptionError } from '../../errors.js'
import { TimeSlice } from '../../time-slice.js'
import { decodeRecord } from '../../wal/record/decode.js'
import type { Crc32c } from '../crc-in-steps.js'
import { checkOrder, checkOwner } from '../log-survey.js'
import type { ReportWriter } from './report.js'

/** Damaged records after which the rest is not told of one by one. */
const PROBLEMS_MAX = 100

/**
 * The log of a database.
 *
 * @internal
 */
export interface LogToVerify {
  /** Where its backend keeps it. */
  readonly directory: string
  readonly factory: WalFactory
  readonly wal: WalBackend
  readonly databaseTag: number
  readonly crc32c: Crc32c
}

/**
 * Verifies a log, which may be written to meanwhile.
 *
 * @internal
 */
export async function verifyLog(log: LogToVerify, report: ReportWriter): Promise<void> {
  const { directory, factory, crc32c } = log
  await report.attempt(directory, async () => {
    report.countFiles((await readdir(directory)).length)
    report.countBytes(log.wal.stats().byteLength)
    const context = { directory, readOnly: true, crc32c, warn: () => undefined }
    const found = (await factory.verify?.(context)) ?? []
    for (const problem of found) report.add({ ...problem, code: 'SLUICE_CORRUPT' })
    if (found.length === 0) await verifyRecords(log, report)
  })
}

async function verifyRecords(log: LogToVerify, report: ReportWriter): Promise<void> {
  const { directory, wal, databaseTag, crc32c } = log
  const { firstLsn, lastLsn } = wal.stats()
  const slice = new TimeSlice()
  let before = { lastLsn: firstLsn - 1n, epoch: 0 }
  let problemCount = 0
  for await (const { lsn, bytes } of wal.read(firstLsn)) {
    report.checkGoesOn()
    const epoch = await report.attempt(directory, async () => {
      const record = decodeRecord(bytes, crc32c)
      checkOwner(record.header, databaseTag)
      checkOrder(record, lsn, before)
      return record.header.epoch
    })
    if (epoch === undefined) problemCount += 1
    if (problemCount === PROBLEMS_MAX) return
    before = { lastLsn: lsn, epoch: epoch ?? before.epoch }
    if (slice.isOver()) await slice.next()
  }
  if (before.lastLsn >= lastLsn) return
  const message = `the log ends with record ${before.lastLsn}, not ${lastLsn}: ${directory}`
  throw new CorruptionError('SLUICE_CORRUPT', message, { details: { lsn: before.lastLsn + 1n } })
}
