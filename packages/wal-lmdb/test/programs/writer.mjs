/**
 * Writes to a log until told otherwise, in a process of its own. Each acknowledged LSN is printed
 * at once, so that what the process knew when it ended is known outside.
 *
 *     node writer.mjs <directory> <how it ends: exit | throw | fail | worker> <after how many>
 */

import { writeSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { testRecord, walContext } from '@sluice/core/conformance'
import { lmdbWal } from '@sluice/wal-lmdb'

const [directory, ending, count] = isMainThread ? process.argv.slice(2) : workerData
const payloadBytes = 20_000

function print(value) {
  writeSync(1, `${value}\n`)
}

async function open() {
  return lmdbWal().open(walContext(directory))
}

/** Keeps 20 appends under way, at all levels, and calls `onAck` for each that is on disk. */
function flood(log, onAck) {
  let lsn = log.stats().lastLsn
  const next = async () => {
    lsn += 1n
    const durability = lsn % 5n === 0n ? 'memory' : 'disk'
    const { lastLsn } = await log.append([testRecord(lsn, { payloadBytes })], { durability })
    if (durability === 'disk') print(lastLsn)
    onAck()
    return next()
  }
  for (let i = 0; i < 20; i++) void next()
}

if (ending === 'worker' && isMainThread) {
  new Worker(new URL(import.meta.url), { workerData: [directory, ending, count] })
} else if (ending === 'worker') {
  print(await open().catch((error) => `${error.code}: ${error.message}`))
} else if (ending === 'fail') {
  const log = await open()
  let lsn = log.stats().lastLsn
  const append = (durability) => {
    lsn += 1n
    return log.append([testRecord(lsn, { payloadBytes })], { durability })
  }
  try {
    for (;;) await append(count)
  } catch (error) {
    print(error.code)
  }
  print(await log.append([], { durability: 'disk' }).catch((error) => error.code))
  await log.close()
  print('closed')
} else {
  const log = await open()
  let acks = 0
  flood(log, () => {
    acks += 1
    if (acks !== Number(count)) return
    if (ending === 'exit') process.exit(7)
    setImmediate(() => {
      throw new Error('uncaught on purpose')
    })
  })
}
