/** Opens a database in a process that has done nothing before, and asks it for the nearest rows. */

import { performance } from 'node:perf_hooks'
import { ask, askQuery } from '../database/answers.js'
import { openDatabase } from '../database/open-database.js'
import { metered } from '../probe/meter.js'
import { answerParent } from '../program/answer-parent.js'
import type { OpenReply, OpenWork } from './open-work.js'

const startupMs = performance.now()

async function openAndAsk({ directory, storage, ...work }: OpenWork): Promise<OpenReply> {
  const { wal, durability } = storage
  // A copy: in a message they lie where they fall, and views of numbers take aligned bytes.
  const questions = { ...work.questions, queries: work.questions.queries.slice() }
  let replayedRecords = 0
  const { result, use } = await metered(async () => {
    const startMs = performance.now()
    const opened = await openDatabase({
      directory,
      wal,
      durability,
      onProgress: ({ phase, done }) => {
        if (phase === 'log') replayedRecords = done
      },
    })
    const openMs = performance.now() - startMs
    const collection = await opened.database.collection('bench')
    const firstHits = await askQuery(collection, questions, 0)
    return { ...opened, collection, openMs, firstHits, firstQueryMs: performance.now() - startMs }
  })
  const { database, collection, openMs, firstQueryMs, firstHits, troubles } = result
  const answers = await ask(collection, questions)
  const { kernels } = database.stats()
  await database.close()
  const measured = { startupMs, openMs, firstQueryMs, firstHits, use, replayedRecords }
  return { ...measured, kernels, troubles, answers }
}

const message = await answerParent<OpenWork, OpenReply>(openAndAsk)
if ('failure' in message) process.exitCode = 1
