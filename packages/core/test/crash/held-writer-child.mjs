/**
 * Waits for a write behind a writer that it never commits, with nothing else that would keep the
 * process alive; and does something about it: gives up waiting, or heeds the warning.
 */

import { open } from '@sluice/core'

const { way } = JSON.parse(process.argv[2])
const db = await open()
const docs = await db.collection('docs', { dimension: 4 })
const writer = await docs.writer(2)

if (way === 'signal') {
  const signal = AbortSignal.timeout(20)
  await docs
    .delete({ ids: [1n] }, { signal })
    .catch(({ name }) => process.stdout.write(`${name}\n`))
} else {
  // A commit that failed ends nothing.
  for (const { vectors } of writer.spans) vectors.fill(1)
  await writer.commit({ ids: [5, 5] }).catch(({ code }) => process.stdout.write(`${code}\n`))
  db.on('warning', () => writer.abort())
  const { deleted } = await docs.delete({ ids: [1n] })
  process.stdout.write(`${deleted} deleted, ${await docs.count()} left\n`)
}
