/**
 * Kills itself in the middle of a truncation.
 *
 *     node truncator.mjs <directory> <how many records to forget, but for the last>
 */

import { testRecord, testRecords, walContext } from '@sluice/core/conformance'
import { lmdbWal } from '@sluice/wal-lmdb'

const [directory, count] = process.argv.slice(2)
const disk = { durability: 'disk' }
const log = await lmdbWal().open(walContext(directory))
await log.append(testRecords(1n, Number(count), { payloadBytes: 8 }), disk)
void log.truncateBefore(BigInt(count))
await log.append([testRecord(BigInt(count) + 1n)], disk)
process.kill(process.pid, 'SIGKILL')
