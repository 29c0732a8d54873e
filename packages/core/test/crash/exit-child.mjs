/**
 * A writer that ends its own process in some way at some moment, in the middle of its work. Tells
 * of acknowledgements before anything else happens, and of the end right before it.
 */

import { writeSync } from 'node:fs'
import { open } from '@sluice/core'
import { walOf } from './child-wal.mjs'
import { batchOf, SCHEMA } from './rows.mjs'

const { directory, wal, end, moment } = JSON.parse(process.argv[2])
const KEYS_PER_WRITE = [3, 700, 1, 40]
/** First key of each write of a round; writes never share a key. */
const FIRST_KEYS = [0, 3, 703, 704]
const KEYS_PER_ROUND = 744

const endings = {
  exit: () => process.exit(3),
  throw: () => {
    process.nextTick(() => {
      throw new Error('thrown on purpose')
    })
  },
  reject: () => {
    void Promise.reject(new Error('rejected on purpose'))
  },
  SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
  nothing: () => {},
}

function tell(line) {
  writeSync(1, `${line}\n`)
}

function finish(now) {
  if (now !== moment) return
  tell(`end ${moment}`)
  endings[end]()
}

function writeAll(docs, round) {
  return KEYS_PER_WRITE.map(async (keyCount, i) => {
    const number = round * KEYS_PER_WRITE.length + i
    const firstKey = round * KEYS_PER_ROUND + FIRST_KEYS[i]
    const keys = Array.from({ length: keyCount }, (_, j) => firstKey + j)
    await docs.upsert(batchOf('u64', number, keys))
    tell(`acknowledge ${number}`)
  })
}

const opening = open({ path: directory, wal: walOf(wal) })
finish('while opening')
const database = await opening
const docs = await database.collection('docs', SCHEMA)
await Promise.all(writeAll(docs, 0))
finish('between writes')
const writes = writeAll(docs, 1)
finish('before the first await')
await Promise.resolve()
finish('after a microtask')
await new Promise((resolve) => setImmediate(resolve))
finish('in the middle of a write')
await Promise.race(writes)
finish('after the first acknowledgement')
await Promise.all(writes)
finish('after the last acknowledgement')
if (moment === 'while closing') {
  const closing = Promise.all([...writeAll(docs, 2), database.close()])
  finish('while closing')
  await closing
}
if (moment === 'after closing') {
  await database.close()
  finish('after closing')
}
