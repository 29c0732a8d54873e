/**
 * The log that `damage.mjs` damages: trees of several levels, values of one page, of several pages
 * and of several parts, free pages, two transactions that differ. Run as a program, it writes it;
 * `earlier.mdb` is the same file some transactions before.
 *
 *     node damaged-log.mjs <directory>
 */

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { crc32c } from '@sluice/core'
import { testRecord, walContext } from '@sluice/core/conformance'
import { lmdbWal } from '@sluice/wal-lmdb'

/** Records of each append, and where the log is cut after it. */
const STEPS = [
  { count: 300 },
  { count: 300, cutAt: 500n },
  { count: 200, cutAt: 700n },
  { count: 700 },
  { count: 500, cutAt: 1900n },
  { count: 2000, isEarlier: true },
  { count: 200, cutAt: 1950n },
  { count: 5 },
]

export const FIRST_LSN = 1950n
export const LAST_LSN = BigInt(STEPS.reduce((sum, { count }) => sum + count, 0))

const made = new Map()

export function record(lsn) {
  const known = made.get(lsn)
  if (known !== undefined) return known
  const payloadBytes =
    lsn % 2000n === 7n ? 1_200_000 : [40, 40, 300, 40, 40, 2500][Number(lsn % 6n)]
  const fresh = testRecord(lsn, { payloadBytes })
  made.set(lsn, fresh)
  return fresh
}

async function write(directory) {
  const log = await lmdbWal().open(walContext(directory, { crc32c }))
  let lsn = 1n
  for (const { count, cutAt, isEarlier } of STEPS) {
    const records = Array.from({ length: count }, (_, i) => record(lsn + BigInt(i)))
    await log.append(records, { durability: 'disk' })
    lsn += BigInt(count)
    if (cutAt !== undefined) await log.truncateBefore(cutAt)
    if (isEarlier) copyFileSync(join(directory, 'data.mdb'), join(directory, 'earlier.mdb'))
  }
  await log.close()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await write(process.argv[2])
