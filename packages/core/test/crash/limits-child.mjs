/**
 * A writer under a limit of the system. Reports, as one line of JSON, how far it came, with which
 * errors, and what it still sees then; with `descriptors`, whether freeing them helps.
 */

import { closeSync, openSync, writeSync } from 'node:fs'
import { open } from '@sluice/core'
import { walOf } from './child-wal.mjs'
import { batchOf, SCHEMA } from './rows.mjs'

const { directory, wal, keyCount, mode } = JSON.parse(process.argv[2])
const OPERATIONS_MAX = 400

function describe(error) {
  return { code: error.code, errno: error.details?.errno, retryable: error.retryable }
}

async function write(docs, number) {
  const keys = Array.from({ length: keyCount }, (_, i) => (number * keyCount + i) % 4096)
  await docs.upsert(batchOf('u64', number, keys))
}

function takeAllDescriptors() {
  const taken = []
  try {
    for (;;) taken.push(openSync('/dev/null'))
  } catch {
    return taken
  }
}

async function openDocs() {
  const database = await open({ path: directory, wal: walOf(wal) })
  return { database, docs: await database.collection('docs', SCHEMA) }
}

async function writeUntilItFails() {
  const { database, docs } = await openDocs()
  const poisonings = []
  database.on('poisoned', (error) => poisonings.push(describe(error)))
  const taken = mode === 'descriptors' ? takeAllDescriptors() : []
  const errors = []
  let acknowledged = 0
  while (errors.length < 2 && acknowledged < OPERATIONS_MAX) {
    await write(docs, acknowledged).then(
      () => {
        acknowledged += 1
      },
      (error) => errors.push(describe(error)),
    )
  }
  for (const descriptor of taken) closeSync(descriptor)
  const visible = await docs.count()
  await database.close()
  return { acknowledged, errors, poisonings, visible }
}

async function openWithoutDescriptors() {
  const { database } = await openDocs()
  await database.close()
  const taken = takeAllDescriptors()
  const refusal = await openDocs().then(
    () => undefined,
    (error) => describe(error),
  )
  for (const descriptor of taken) closeSync(descriptor)
  const again = await openDocs()
  await write(again.docs, 0)
  const visible = await again.docs.count()
  await again.database.close()
  return { refusal, visible }
}

const result = mode === 'opening' ? await openWithoutDescriptors() : await writeUntilItFails()
writeSync(1, `${JSON.stringify(result)}\n`)
