/** Writes a database and closes it, or dies as soon as everything was acknowledged. */

import { openDatabase } from '../database/open-database.js'
import { answerParent } from '../program/answer-parent.js'
import { Workload } from '../vectors/workload.js'
import type { WriteReply, WriteWork } from './open-work.js'

async function write(work: WriteWork): Promise<WriteReply> {
  const { directory, storage, shape, checkpoint } = work
  const { wal, durability } = storage
  const workload = new Workload(shape, work.queryCount)
  const { database, troubles } = await openDatabase({ directory, wal, durability, checkpoint })
  let checkpoints = 0
  database.on('checkpoint', () => {
    checkpoints += 1
  })
  const { dimension, dtype } = shape
  const collection = await database.collection('bench', { dimension, dtype })
  await collection.ingest(workload.batches)
  if (work.end === 'close') await database.close()
  return { checkpoints, troubles }
}

let isKilled = false
const message = await answerParent<WriteWork, WriteReply>((work) => {
  isKilled = work.end === 'kill'
  return write(work)
})
if ('failure' in message) process.exitCode = 1
else if (isKilled) process.kill(process.pid, 'SIGKILL')
